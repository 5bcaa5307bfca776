/** The names of the test suites, and of the benchmark. */
export type Suite = 'test' | 'services' | 'faults' | 'image' | 'bench';

/** A tool that tests run and that npm does not install. */
export interface Tool {
  readonly programs: readonly string[];
  /** The Debian packages that contain the programs. */
  readonly packages: readonly string[];
  readonly suites: readonly Suite[];
}

/** All tools that tests run. Where possible, the packages are those that start no system service. */
export const TOOLS = {
  // The package of MariaDB's client is needed, because `mariadb-install-db` runs its program `my_print_defaults`.
  MariaDB: {
    programs: ['mariadbd', 'mariadb-install-db', 'my_print_defaults'],
    packages: ['mariadb-server-core', 'mariadb-client-core'],
    suites: ['test', 'services', 'faults', 'bench'],
  },
  OpenSSL: { programs: ['openssl'], packages: ['openssl'], suites: ['test'] },
  Redis: { programs: ['redis-server'], packages: ['redis-server'], suites: ['test'] },
  Chromium: { programs: ['chromium'], packages: ['chromium'], suites: ['test'] },
  Prometheus: { programs: ['promtool'], packages: ['prometheus'], suites: ['test'] },
  systemd: { programs: ['systemd-analyze'], packages: ['systemd'], suites: ['test'] },
  Keystone: {
    programs: ['keystone-manage', 'uwsgi_python3'],
    packages: ['python3-keystone', 'uwsgi-plugin-python3'],
    suites: ['services'],
  },
  Nova: {
    programs: ['nova-api-wsgi', 'nova-manage', 'uwsgi_python3'],
    packages: ['nova-common', 'uwsgi-plugin-python3'],
    suites: ['services'],
  },
  openstackclient: {
    programs: ['openstack', 'nova'],
    packages: ['python3-openstackclient', 'python3-novaclient'],
    suites: ['services'],
  },
  // The package of the complete server is needed, because only it contains the scripts with which a node copies its
  // data to another node.
  Galera: {
    programs: ['wsrep_sst_rsync', 'rsync', 'lsof'],
    packages: ['mariadb-server', 'galera-4', 'rsync', 'lsof'],
    suites: ['faults'],
  },
  faketime: { programs: ['faketime'], packages: ['faketime'], suites: ['faults'] },
  iproute2: { programs: ['ip'], packages: ['iproute2'], suites: ['faults'] },
  Buildah: {
    programs: ['buildah', 'mmdebstrap'],
    packages: ['buildah', 'mmdebstrap', 'debian-archive-keyring'],
    suites: ['image'],
  },
  // The tests need version 1.30 or newer. Debian 12 has an older one.
  kubectl: { programs: ['kubectl'], packages: ['kubernetes-client'], suites: ['services'] },
  wrk: { programs: ['wrk'], packages: ['wrk'], suites: ['bench'] },
} as const satisfies Readonly<Record<string, Tool>>;

/** The name of a tool. */
export type ToolName = keyof typeof TOOLS;
