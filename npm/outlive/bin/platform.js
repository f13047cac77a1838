// Which package holds the program for this machine.
'use strict';

const fs = require('node:fs');

/** `linux-x64-musl`: the system, the processor, and on Linux the C library where it is not glibc. */
function platform() {
  const musl = process.platform === 'linux' && isMusl() ? '-musl' : '';
  return `${process.platform}-${process.arch}${musl}`;
}

/** What Node itself runs on, without starting another program. */
function isMusl() {
  const report = process.report;
  if (!report?.getReport) {
    return fs.existsSync('/etc/alpine-release');
  }
  // It would look up the names of open connections.
  report.excludeNetwork = true;
  return !report.getReport().header.glibcVersionRuntime;
}

/** The package of a platform. */
function packageName(platform) {
  return `@outlive-js/cli-${platform}`;
}

/** The program in it. */
function fileName(platform) {
  return platform.startsWith('win32') ? 'outlive.exe' : 'outlive';
}

module.exports = { fileName, packageName, platform };
