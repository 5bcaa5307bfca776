import { randomBytes } from 'node:crypto';
import { type UwsgiLocation, UwsgiProcess } from '../process/uwsgi-process.js';
import { configureKeystone, type KeystoneFiles, type KeystoneOptions } from './config.js';
import { prepareKeystone } from './prepare.js';

/** The process of a Keystone that a test started. */
export class KeystoneProcess extends UwsgiProcess {
  /** The password of all users in this Keystone. */
  readonly password = randomBytes(16).toString('hex');

  protected readonly probe = '/v3';

  private constructor(
    place: UwsgiLocation,
    private readonly files: KeystoneFiles,
  ) {
    super('Keystone', place, files.log);
  }

  /** Creates the folder, the keys and the database, and starts Keystone for the first time. */
  static create(options: KeystoneOptions): Promise<KeystoneProcess> {
    return this.createStarted(
      'Keystone',
      async (place) => new KeystoneProcess(place, await configureKeystone(place.folder, options)),
    );
  }

  protected prepare(): Promise<void> {
    const { files, rootUrl, password, environment, guardian } = this;
    return prepareKeystone({ files, url: `${rootUrl}/v3`, password, environment, guardian });
  }

  /** uWSGI's options. There is no master process, so a signal to the only process stops all of Keystone. */
  protected get options(): readonly string[] {
    return [
      '--module=keystone.server.wsgi:initialize_public_application()',
      // With SQLite, two concurrent requests would block each other: both read first, and then neither can write.
      `--threads=${this.files.sqlite === null ? 16 : 1}`,
    ];
  }

  protected get environment(): Readonly<Record<string, string>> {
    return { PATH: '/usr/bin:/bin', HOME: this.folder, OS_KEYSTONE_CONFIG_FILES: this.files.config };
  }
}
