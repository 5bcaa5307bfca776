import { debianPrograms } from './debian.js';

/** The two programs a private server is made with. */
export interface MariaDbBinaries {
  readonly server: string;
  readonly installDb: string;
}

/**
 * Finds the programs, installing Debian's packages when they are missing and that is possible.
 *
 * The `-core` packages hold the programs alone; the full `mariadb-server` would also set up and start a system
 * service, which nobody asked for. The client's is for `my_print_defaults`, without which `mariadb-install-db`
 * does not run.
 */
export async function mariaDbBinaries(): Promise<MariaDbBinaries> {
  const programs = await debianPrograms({
    title: 'MariaDB',
    programs: ['mariadbd', 'mariadb-install-db', 'my_print_defaults'],
    packages: ['mariadb-server-core', 'mariadb-client-core'],
    advice: 'give TEST_MARIADB_URL=mysql://root:password@host:port/, or install mariadb-server',
  });
  return { server: programs.mariadbd, installDb: programs['mariadb-install-db'] };
}
