// Puts together what is published: the package that people install, and the one that holds a platform's program.
//
//   node npm/assemble.mjs                                        from target/release, for this machine
//   node npm/assemble.mjs --platform linux-x64-musl --binary PATH  for another one
//   --out FOLDER                                                  instead of target/npm
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const npm = dirname(fileURLToPath(import.meta.url));
const root = dirname(npm);
const launcher = createRequire(import.meta.url)('./outlive/bin/platform.js');
const json = (path) => JSON.parse(readFileSync(path, 'utf8'));

const { values } = parseArgs({
  options: {
    platform: { type: 'string', default: launcher.platform() },
    binary: { type: 'string' },
    out: { type: 'string', default: join(root, 'target/npm') },
  },
});
const { platform, out } = values;
const row = json(join(npm, 'platforms.json'))[platform];
if (!row) {
  console.error(`there is no platform ${platform} in npm/platforms.json`);
  process.exit(2);
}
const main = json(join(npm, 'outlive/package.json'));
console.log(assembleMain());
console.log(assemblePlatform());

/** The package of the launcher: what is here, and the licence. */
function assembleMain() {
  const folder = fresh('outlive');
  cpSync(join(npm, 'outlive'), folder, { recursive: true });
  chmodSync(join(folder, 'bin/outlive.js'), 0o755);
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  return folder;
}

/** The package of one program. Its manifest says where it fits, so that no other is installed. */
function assemblePlatform() {
  const folder = fresh(`cli-${platform}`);
  const file = launcher.fileName(platform);
  const binary = values.binary ?? join(root, 'target/release', file);
  copyFileSync(binary, join(folder, file));
  chmodSync(join(folder, file), 0o755);
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  writeFileSync(join(folder, 'README.md'), `# ${launcher.packageName(platform)}\n\nThe program of [outlive](${main.homepage}) for ${row.target}.\n`);
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest(file), null, 2)}\n`);
  return folder;
}

function manifest(file) {
  const { version, license, homepage, bugs, repository, publishConfig, engines } = main;
  return {
    name: launcher.packageName(platform),
    version,
    description: `The program of outlive for ${row.target}`,
    license,
    homepage,
    bugs,
    repository: { ...repository, directory: 'npm' },
    files: [file],
    os: [row.os],
    cpu: [row.cpu],
    ...(row.libc && { libc: [row.libc] }),
    engines,
    // A program cannot be started inside an archive, which is how Yarn may keep packages.
    preferUnplugged: true,
    publishConfig,
  };
}

function fresh(name) {
  const folder = join(out, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}
