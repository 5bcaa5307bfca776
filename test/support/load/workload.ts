import type { Variables } from '../deploy/deployed-variables.js';
import type { Manifest } from '../deploy/manifests.js';

interface Container {
  readonly name: string;
  readonly image: string;
  readonly ports?: readonly { name: string }[];
  readonly env?: readonly { name: string; value: string }[];
  readonly envFrom?: readonly unknown[];
  readonly volumeMounts: readonly { name: string; mountPath: string }[];
}

interface PodSpec {
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes: readonly { name: string; secret?: { secretName: string } }[];
  readonly securityContext: Readonly<Record<string, unknown>>;
}

/** The parts of a NetworkPolicy that tests read. */
export interface NetworkPolicy {
  readonly podSelector: unknown;
  readonly egress?: readonly { to?: unknown[]; ports: { port: number }[] }[];
}

export function resourcesOfKind(manifests: readonly Manifest[], kind: string): Manifest[] {
  return manifests.filter((resource) => resource.kind === kind);
}

/** Returns the first resource of a kind. @throws Error if there is none */
export function resourceOfKind(manifests: readonly Manifest[], kind: string): Manifest {
  const [found] = resourcesOfKind(manifests, kind);
  if (found === undefined) throw new Error(`no resource of the kind ${kind}`);
  return found;
}

export function podSpec(manifests: readonly Manifest[]): PodSpec {
  return (resourceOfKind(manifests, 'Deployment').spec as { template: { spec: PodSpec } }).template.spec;
}

export function containersOf(manifests: readonly Manifest[]): Container[] {
  const { initContainers = [], containers } = podSpec(manifests);
  return [...initContainers, ...containers];
}

/**
 * Returns the environment variables of each container, by the name of the container. They do not include those that the
 * image sets.
 */
export function variablesOf(manifests: readonly Manifest[]): Map<string, Variables> {
  const { data } = resourceOfKind(manifests, 'ConfigMap') as unknown as { data: Variables };
  return new Map(
    containersOf(manifests).map(({ name, env = [], envFrom }) => {
      const own = Object.fromEntries(env.map((variable) => [variable.name, variable.value]));
      return [name, envFrom === undefined ? own : { ...data, ...own }];
    }),
  );
}

/** Returns the ports to which the pods may open connections. The ports of DNS are not included. */
export function egressPorts(manifests: readonly Manifest[]): number[] {
  return resourcesOfKind(manifests, 'NetworkPolicy')
    .flatMap(({ spec }) => (spec as NetworkPolicy).egress ?? [])
    .filter(({ to }) => to === undefined)
    .flatMap(({ ports }) => ports.map(({ port }) => port));
}
