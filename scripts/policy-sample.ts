import { deploymentPolicies } from './policy/deployment-policies.js';
import { BASE_RULES } from '../src/nova/policy/base-rules.js';
import { samplePolicyFile } from '../src/nova/policy/sample-file.js';

process.stdout.write(samplePolicyFile(BASE_RULES, deploymentPolicies()));
