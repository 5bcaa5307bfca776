import { beforeAll, describe, expect, it } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { imageVariables, unknownSettings } from '../support/deploy/deployed-variables.js';
import {
  documentedKustomization,
  type Kustomization,
  kustomizePath,
  renderKustomization,
} from '../support/deploy/kustomize.js';
import { type Manifest, schemaErrors, PROJECT, readProjectFile } from '../support/deploy/manifests.js';
import {
  resourcesOfKind,
  containersOf,
  egressPorts,
  resourceOfKind,
  podSpec,
  type NetworkPolicy,
  variablesOf,
} from '../support/load/workload.js';

const OVERLAYS = ['own-store', 'beside-nova', 'facade'] as const;
type Overlay = (typeof OVERLAYS)[number];
const COMPONENTS = readdirSync(join(PROJECT, 'deploy/kubernetes/components'));
const IMAGE = 'registry.example.org/nova-action-log';
const LABELS = { 'app.kubernetes.io/name': 'nova-action-log' };
const RECORDER = 'nova-action-log-recorder';
/** The selector of the pods of the service and of the recorder. */
const ALL_PODS = {
  matchExpressions: [
    { key: 'app.kubernetes.io/name', operator: 'In', values: ['nova-action-log', RECORDER] },
  ],
};

const documented = documentedKustomization();

function withParts(overlay: Overlay, components: readonly string[] = []): Kustomization {
  return { ...documented, resources: [kustomizePath(overlay)], components: components.map(kustomizePath) };
}

const overlays = new Map<Overlay | 'recorder', Manifest[]>();
const everything = new Map<Overlay, Manifest[]>();

/**
 * All components that one kustomization can use together. The component http-route is missing, because
 * http-route-beside-nova has an HTTPRoute of the same name.
 */
const TOGETHER = COMPONENTS.filter((name) => name !== 'http-route').map((name) => `components/${name}`);

beforeAll(async () => {
  const renders = OVERLAYS.map(async (overlay) => {
    overlays.set(overlay, await renderKustomization(withParts(overlay)));
    const more = TOGETHER.filter((path) => overlay !== 'facade' || !path.endsWith('/upstream'));
    everything.set(overlay, await renderKustomization(withParts(overlay, more)));
  });
  await Promise.all(renders);
  const withRecorder = await renderKustomization(withParts('beside-nova', ['components/recorder']));
  const ofRecorder = withRecorder.filter(
    ({ kind, metadata }) => kind !== 'Deployment' || metadata.name === RECORDER,
  );
  overlays.set('recorder', ofRecorder);
}, 180_000);

function manifestsOf(overlay: Overlay | 'recorder'): Manifest[] {
  return overlays.get(overlay) ?? [];
}

describe('the documented kustomization', () => {
  it('the documented kustomization replaces the name of the image, and uses the tag of this release', async () => {
    const { version } = JSON.parse(readProjectFile('package.json')) as { version: string };
    const images = containersOf(await renderKustomization(documented)).map(({ image }) => image);
    expect(new Set(images)).toEqual(new Set([`${IMAGE}:${version}`]));
  });

  it('the documented kustomization can change the tag of the image', async () => {
    const images = [{ name: 'nova-action-log', newName: IMAGE, newTag: 'next' }];
    const manifests = await renderKustomization({ ...documented, images });
    expect(containersOf(manifests).map(({ image }) => image)).toEqual([`${IMAGE}:next`, `${IMAGE}:next`]);
  });

  it.each(OVERLAYS)(
    'the documented kustomization puts all resources of %s into the namespace that it sets, with and without all components',
    (overlay) => {
      const manifests = [...manifestsOf(overlay), ...(everything.get(overlay) ?? [])];
      expect(new Set(manifests.map(({ metadata }) => metadata.namespace))).toEqual(
        new Set([documented.namespace]),
      );
    },
  );

  it.each(OVERLAYS)(
    'the documented kustomization replaces settings of %s with the literals in the kustomization',
    (overlay) => {
      const literals = documented.configMapGenerator[0]?.literals ?? [];
      const variables = Object.entries(variablesOf(manifestsOf(overlay)).get('nova-action-log') ?? {});
      expect(literals.length).toBeGreaterThan(0);
      expect(variables.map(([name, value]) => `${name}=${value}`)).toEqual(
        expect.arrayContaining([...literals]),
      );
    },
  );
});

describe('the schemas of Kubernetes, the Gateway API and the Prometheus operator', () => {
  const BROKEN = [
    ['Deployment', '"readinessProbe"', '"readynessProbe"'],
    ['Deployment', '"containers"', '"initContainers2"'],
    ['Deployment', '"containerPort":8774', '"containerPort":"8774"'],
    ['PodMonitor', '"podMetricsEndpoints"', '"podEndpoints"'],
    ['HTTPRoute', '"port":8774', '"port":"8774"'],
    ['Ingress', '"ingressClassName"', '"className"'],
  ] as const;

  it('the schemas of Kubernetes, the Gateway API and the Prometheus operator accept each overlay and component, and reject unknown keys, missing keys and wrong types', async () => {
    const route = await renderKustomization(withParts('own-store', ['components/http-route']));
    const good = [...everything.values(), resourcesOfKind(route, 'HTTPRoute')].flat();
    const bad = BROKEN.map(([kind, from, to]) => {
      const text = JSON.stringify(resourceOfKind(everything.get('own-store') ?? [], kind));
      expect(text).toContain(from);
      return JSON.parse(text.replace(from, to)) as Manifest;
    });
    const mistakes = await schemaErrors([...good, ...bad]);
    expect(mistakes.slice(0, good.length).flat()).toEqual([]);
    expect(mistakes.slice(good.length).map((found) => found.length > 0)).toEqual(bad.map(() => true));
  }, 120_000);
});

describe.each([...OVERLAYS, 'recorder'] as const)('the overlay or component %s', (overlay) => {
  it('each overlay gives its containers valid settings', async () => {
    for (const [name, variables] of variablesOf(manifestsOf(overlay))) {
      expect([name, await unknownSettings({ ...imageVariables(), ...variables })]).toEqual([name, []]);
    }
  });

  it('each overlay reads secrets from files in mounted volumes', () => {
    const names = podSpec(manifestsOf(overlay)).volumes.map(({ name }) => name);
    for (const { name, volumeMounts } of containersOf(manifestsOf(overlay))) {
      expect(names).toEqual(expect.arrayContaining(volumeMounts.map((mount) => mount.name)));
      const variables = Object.entries(variablesOf(manifestsOf(overlay)).get(name) ?? {});
      const files = variables.filter(([variable]) => variable.endsWith('_FILE')).map(([, path]) => path);
      expect(files.length).toBeGreaterThan(0);
      const mounted = ({ mountPath }: { mountPath: string }, path: string): boolean =>
        path.startsWith(`${mountPath}/`);
      expect(files.filter((path) => !volumeMounts.some((mount) => mounted(mount, path)))).toEqual([]);
      const literal = variables.filter(([, value]) => /:\/\/[^/]*:[^/]*@/.test(value));
      expect(literal).toEqual([]);
    }
  });

  it('each overlay runs containers without privileges on read-only file systems', () => {
    for (const container of containersOf(manifestsOf(overlay))) {
      expect(container).toMatchObject({
        securityContext: {
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
        },
      });
    }
    expect(podSpec(manifestsOf(overlay)).securityContext).toMatchObject({ runAsNonRoot: true });
  });
});

describe.each(OVERLAYS)('the overlay %s with all components', (overlay) => {
  it('each overlay selects the same pods in all resources', () => {
    const manifests = everything.get(overlay) ?? [];
    const { name } = resourceOfKind(manifests, 'Deployment').metadata;
    expect(resourceOfKind(manifests, 'Deployment').spec).toMatchObject({
      selector: { matchLabels: LABELS },
      template: { metadata: { labels: LABELS } },
    });
    expect(resourceOfKind(manifests, 'Service').spec).toMatchObject({ selector: LABELS });
    expect(resourceOfKind(manifests, 'PodDisruptionBudget').spec).toMatchObject({
      selector: { matchLabels: LABELS },
    });
    expect(resourceOfKind(manifests, 'PodMonitor').spec).toMatchObject({ selector: ALL_PODS });
    expect(resourceOfKind(manifests, 'HorizontalPodAutoscaler').spec).toMatchObject({
      scaleTargetRef: { kind: 'Deployment', name },
    });
    const others: Readonly<Record<string, object>> = {
      [RECORDER]: { matchLabels: { 'app.kubernetes.io/name': RECORDER } },
      'nova-action-log-openshift': ALL_PODS,
      'nova-action-log-dns-node-local': ALL_PODS,
    };
    const policies = resourcesOfKind(manifests, 'NetworkPolicy');
    expect(policies.map(({ spec }) => (spec as NetworkPolicy).podSelector)).toEqual(
      policies.map(({ metadata }) => others[metadata.name] ?? { matchLabels: LABELS }),
    );
  });
});

describe('Prometheus and balancers', () => {
  it('the resources for Prometheus and load balancers name existing ports and services, and the job name of the alerts', () => {
    const manifests = everything.get('own-store') ?? [];
    const ports = containersOf(manifests).flatMap((container) => container.ports ?? []);
    const monitor = resourceOfKind(manifests, 'PodMonitor').spec as {
      jobLabel: keyof typeof LABELS;
      podMetricsEndpoints: { port: string }[];
    };
    expect(ports.map(({ name }) => name)).toContain(monitor.podMetricsEndpoints[0]?.port);
    expect(readProjectFile('deploy/prometheus/alerts.yaml')).toContain(
      `up{job="${LABELS[monitor.jobLabel]}"}`,
    );
    const { metadata, spec } = resourceOfKind(manifests, 'Service');
    expect(spec).toMatchObject({ ports: [{ name: 'http', port: 8774 }] });
    expect(JSON.stringify(resourceOfKind(manifests, 'Ingress').spec)).toContain(
      `{"name":"${metadata.name}","port":{"name":"http"}}`,
    );
    expect(resourceOfKind(manifests, 'HTTPRoute').spec).toMatchObject({
      rules: [{ backendRefs: [{ name: metadata.name, port: 8774 }] }],
    });
  });
});

describe('the overlays', () => {
  it.each([
    ['own-store', ['migrate'], 'DATABASE_URL_FILE', [3306, 5000]],
    ['beside-nova', [], 'NOVA_API_DATABASE_URL_FILE', [3306, 5000]],
    ['facade', [], 'NOVA_API_DATABASE_URL_FILE', [3306, 5000, 8774]],
  ] as const)(
    'the overlay %s has the expected init containers, database setting and egress ports',
    (overlay, first, address, ports) => {
      const manifests = manifestsOf(overlay);
      const { initContainers = [], volumes } = podSpec(manifests);
      expect(initContainers.map(({ name }) => name)).toEqual(first);
      const secrets = volumes.flatMap(({ secret }) => secret?.secretName ?? []);
      expect(secrets).toHaveLength(1 + first.length);
      const variables = Object.keys(variablesOf(manifests).get('nova-action-log') ?? {});
      expect(variables.filter((name) => name.includes('DATABASE_URL'))).toEqual([address]);
      expect(variables.includes('UPSTREAM_NOVA_URL')).toBe(overlay === 'facade');
      expect(egressPorts(manifests)).toEqual(ports);
    },
  );

  it('the overlays listen on all addresses of IPv4 and IPv6', () => {
    expect(variablesOf(manifestsOf('own-store')).get('nova-action-log')).toMatchObject({
      HOST: '::',
      OPERATIONS_HOST: '::',
    });
  });

  it.each([
    ['redis', [6379]],
    ['upstream', [8774]],
  ])(
    'an overlay with the component %s allows egress to the port that this component needs',
    async (component, ports) => {
      const manifests = await renderKustomization(withParts('own-store', [`components/${component}`]));
      expect(egressPorts(manifests)).toEqual([3306, 5000, ...ports]);
    },
  );

  it('an overlay with the component openshift sets no user, and allows egress to the DNS of OpenShift', async () => {
    const manifests = await renderKustomization(withParts('own-store', ['components/openshift']));
    const { securityContext } = podSpec(manifests);
    expect(Object.keys(securityContext).sort()).toEqual(['runAsNonRoot', 'seccompProfile']);
    expect(JSON.stringify(resourcesOfKind(manifests, 'NetworkPolicy'))).toContain('"openshift-dns"');
  });
});

describe('the component recorder', () => {
  it('the component recorder runs two pods of dist/record.js, which the service does not send requests to, and lets the service use the copy', () => {
    const manifests = manifestsOf('recorder');
    const selector = { matchLabels: { 'app.kubernetes.io/name': RECORDER } };
    expect(resourceOfKind(manifests, 'Deployment').spec).toMatchObject({
      replicas: 2,
      selector,
      template: { metadata: { labels: selector.matchLabels } },
    });
    const budgets = resourcesOfKind(manifests, 'PodDisruptionBudget');
    expect(budgets.find(({ metadata }) => metadata.name === RECORDER)?.spec).toMatchObject({ selector });
    expect(resourceOfKind(manifests, 'Service').spec).toMatchObject({ selector: LABELS });
    const names = containersOf(manifests).map(({ name }) => name);
    expect(names).toEqual(['migrate', 'recorder']);
    const { data } = resourceOfKind(manifests, 'ConfigMap') as unknown as { data: object };
    expect(Object.keys(data)).toEqual(
      expect.arrayContaining(['NOVA_API_DATABASE_URL_FILE', 'DATABASE_URL_FILE']),
    );
  });

  it('the component openshift sets no user for the recorder', async () => {
    const parts = ['components/recorder', 'components/openshift'];
    const manifests = await renderKustomization(withParts('beside-nova', parts));
    const users = resourcesOfKind(manifests, 'Deployment').map((one) =>
      Object.keys(podSpec([one]).securityContext),
    );
    expect(users.map((keys) => keys.sort())).toEqual(Array(2).fill(['runAsNonRoot', 'seccompProfile']));
  });
});

describe('the HTTPRoute beside nova-api', () => {
  it.each([
    ['/v2.1/servers/5f3c/os-instance-actions', true],
    ['/v2/9d0b6a54c3f2/servers/5f3c/os-instance-actions/req-1', true],
    ['/v2.1/servers/5f3c/migrations', true],
    ['/v2.1/os-migrations', true],
    ['/v2.1/os-server-groups', true],
    ['/v2.1/os-instance_usage_audit_log/2026-11-01', true],
    ['/v2.1/servers/5f3c', false],
    ['/v2.1/servers/5f3c/migrationsx', false],
    ['/v2.1/servers/5f3c/os-volume_attachments', false],
    ['/', false],
  ])('the HTTPRoute beside nova-api matches GET %s: %s', (path, isRouted) => {
    const { rules } = resourceOfKind(everything.get('beside-nova') ?? [], 'HTTPRoute').spec as {
      rules: { matches: { method: string; path: { value: string } }[] }[];
    };
    const matches = rules.flatMap((rule) => rule.matches);
    expect(new Set(matches.map(({ method }) => method))).toEqual(new Set(['GET']));
    expect(matches.some((match) => new RegExp(match.path.value).test(path))).toBe(isRouted);
  });
});
