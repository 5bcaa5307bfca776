import { cpSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type Buildah, runOrThrow } from './buildah.js';

/** The variable PATH of Node's official images. */
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The path of a file with certificates in the container. It exists if NODE_EXTRA_CA_CERTS names such a file on this
 * machine.
 */
export const CA_FILE = '/etc/ssl/authorities.pem';

/** The Debian packages with the libraries that Node's program needs. */
const LIBRARIES = ['libatomic1', 'libstdc++6'];

/** The Debian packages that compile native modules. Node's official image without `-slim` contains them. */
const COMPILERS = ['g++', 'make', 'python3'];

/**
 * Builds images with the names of Node's official images, so that building needs no image registry. They contain Debian
 * packages, and Node from npm's package `node`.
 *
 * @param names such as `node:26-trixie` and `node:26-trixie-slim`
 */
export async function makeBaseImages(buildah: Buildah, names: readonly string[]): Promise<void> {
  const [major] = /\d+/.exec(names[0] ?? '') ?? [];
  const node = `node-linux-${process.arch}`;
  const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', `${node}@${major}`];
  await runOrThrow('npm', ['--prefix', buildah.folder, ...install]);
  const parts = join(buildah.folder, 'node_modules', node);
  await Promise.all(names.map((name) => makeBaseImage(buildah, name, parts)));
}

/** Builds one image. @param node the folder with the folders `bin/` and `include/` of Node */
async function makeBaseImage(buildah: Buildah, name: string, node: string): Promise<void> {
  const [, release = '', slim] = /:\d+-(\w+)(-slim)?$/.exec(name) ?? [];
  const [container, root] = await buildah.container('scratch');
  const packages = [...LIBRARIES, ...(slim === undefined ? COMPILERS : [])];
  await runOrThrow('mmdebstrap', ['--variant=essential', `--include=${packages.join(',')}`, release, root]);
  const local = join(root, 'usr', 'local');
  cpSync(join(node, 'bin', 'node'), join(local, 'bin', 'node'));
  await buildah.run('config', '--env', PATH, container);
  if (slim === undefined) {
    cpSync(join(node, 'include'), join(local, 'include'), { recursive: true });
    await addNpm(buildah, container, local);
  }
  await buildah.run('commit', '--quiet', '--rm', container, `docker.io/library/${name}`);
}

/** Copies npm from this machine into a container. The copied npm is configured to prefer cached packages. */
async function addNpm(buildah: Buildah, container: string, local: string): Promise<void> {
  const npm = join(await runOrThrow('npm', ['root', '--global']), 'npm');
  cpSync(npm, join(local, 'lib', 'node_modules', 'npm'), { recursive: true, dereference: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin', 'npm'));
  const registry = await runOrThrow('npm', ['config', 'get', 'registry']);
  const settings = [`npm_config_registry=${registry}`, 'npm_config_prefer_offline=true'];
  if (process.env['NODE_EXTRA_CA_CERTS']) settings.push(`NODE_EXTRA_CA_CERTS=${CA_FILE}`);
  await buildah.run('config', ...settings.flatMap((setting) => ['--env', setting]), container);
}
