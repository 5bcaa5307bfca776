import { OperationsSettings } from './settings/operations.js';

/**
 * Everything a deployment can set, from the environment or a `.env` file, each also as `NAME_FILE`.
 * The property names are the variables' names: one word to search for, from the shell to the code. Each file in
 * `settings/` has those of one topic, and stands on the topic before it.
 */
export class Settings extends OperationsSettings {}
