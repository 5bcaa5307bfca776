import { type UwsgiLocation, UwsgiProcess } from '../process/uwsgi-process.js';
import { configureNovaApi, type NovaApiFiles, type NovaApiSettings } from './api-config.js';
import { prepareNova } from './api-prepare.js';

/** The process of a nova-api that a test started. */
export class NovaApiProcess extends UwsgiProcess {
  protected readonly probe = '/';

  private constructor(
    place: UwsgiLocation,
    private readonly files: NovaApiFiles,
    private readonly settings: NovaApiSettings,
  ) {
    super('nova-api', place, files.log);
  }

  /** Creates the folder, the tables and the cells, and starts nova-api for the first time. */
  static create(settings: NovaApiSettings): Promise<NovaApiProcess> {
    return this.createStarted(
      'Nova',
      async (place) => new NovaApiProcess(place, await configureNovaApi(place.folder, settings), settings),
    );
  }

  protected prepare(): Promise<void> {
    const { environment, guardian } = this;
    const { databases } = this.settings;
    return prepareNova({ config: this.files.config, databases, environment, guardian });
  }

  /** uWSGI's options. Each process has only one thread, because Nova uses eventlet instead of threads. */
  protected get options(): readonly string[] {
    return [
      '--wsgi-file=/usr/bin/nova-api-wsgi',
      '--master',
      '--processes=2',
      '--threads=1',
      '--lazy-apps',
      '--thunder-lock',
    ];
  }

  protected get environment(): Readonly<Record<string, string>> {
    return {
      PATH: '/usr/bin:/bin',
      HOME: this.folder,
      // Without this locale, Nova fails to log a path with an umlaut, and closes the connection without a response.
      LC_ALL: 'C.UTF-8',
      OS_NOVA_CONFIG_DIR: this.folder,
      // Nova reads these configuration files. The variable may contain absolute paths.
      OS_NOVA_CONFIG_FILES: `/usr/share/nova-common/api-paste.ini;${this.files.config}`,
    };
  }
}
