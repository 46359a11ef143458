import { spawnSync } from 'node:child_process'

/** An installation that takes longer, in milliseconds, is given up. */
const patience = 300_000

/** Installs Debian packages where we may, which is as root. Whether they came is for the caller to look. */
export function install(...packages) {
  if (process.getuid?.() !== 0) return
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (...args) =>
    spawnSync('apt-get', ['-qq', ...args], { env, timeout: patience, stdio: ['ignore', 'ignore', 'inherit'] })
  apt('update')
  apt('-o', 'DPkg::Lock::Timeout=120', 'install', '-y', '--no-install-recommends', ...packages)
}
