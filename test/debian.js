import { spawnSync } from 'node:child_process'

/** What tests need that is not in npm: what it is called, its Debian packages, and the commands that are needed. */
export const fromDebian = {
  firefox: { name: 'Firefox', packages: ['firefox-esr'], commands: ['firefox-esr'] },
  webkit: { name: 'WebKit', packages: ['webkit2gtk-driver', 'xvfb'], commands: ['WebKitWebDriver', 'Xvfb'] },
  redis: { name: 'Redis', packages: ['redis-server'], commands: ['redis-server'] },
}

export const pathOf = (command) => spawnSync('sh', ['-c', `command -v ${command}`], { encoding: 'utf8' }).stdout.trim()

const isHere = ({ commands }) => commands.every((command) => pathOf(command) !== '')

/** An installation that takes longer, in milliseconds, is given up. */
const patience = 300_000

/**
 * Which of these are here. Where we are root on a Debian, what is missing is installed; what cannot be had is named.
 * @param ids Names of `fromDebian`.
 */
export function findOrInstall(...ids) {
  const wanted = ids.map((id) => ({ id, ...fromDebian[id] }))
  const missing = wanted.filter((one) => !isHere(one))
  if (missing.length > 0) install(...missing.flatMap(({ packages }) => packages))
  for (const { name, packages } of missing.filter((one) => !isHere(one)))
    console.log(`${name} was not run: it comes with ${packages.join(' and ')}, which could not be installed here.`)
  return wanted.filter(isHere).map(({ id }) => id)
}

/** Installs Debian packages where we may, which is as root. Whether they came is for the caller to look. */
export function install(...packages) {
  if (process.getuid?.() !== 0) return
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (...args) =>
    spawnSync('apt-get', ['-qq', ...args], { env, timeout: patience, stdio: ['ignore', 'ignore', 'inherit'] })
  apt('update')
  apt('-o', 'DPkg::Lock::Timeout=120', 'install', '-y', '--no-install-recommends', ...packages)
}
