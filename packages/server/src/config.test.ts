import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readConfig } from './config.js'

const key = Buffer.alloc(32, 7).toString('base64')
const external = { DATABASE_URL: 'postgres://rai:secret@db:5432/rai', RAI_SECRET_KEY: key }

describe('the configuration', () => {
  it('needs nothing: the embedded database, this machine only, with a demo', () => {
    expect(readConfig({})).toEqual({
      host: '127.0.0.1',
      port: 4400,
      publicUrl: 'http://127.0.0.1:4400',
      filesUrl: 'http://127.0.0.1:4400',
      s3: null,
      dataDir: resolve('data'),
      database: null,
      redisUrl: null,
      notify: true,
      smtpUrl: null,
      mailFrom: 'Rai <no-reply@127.0.0.1>',
      secretKey: null,
      previousSecretKey: null,
      demo: true,
      demoSite: 'http://127.0.0.1:4401',
      logLevel: 'info',
      callsAllow: [],
      webhookAllow: [],
      linkCards: true,
      trustProxy: false,
    })
  })

  it('takes files to be where the server is, and in the data directory', () => {
    expect(readConfig({ PUBLIC_URL: 'https://rai.example' }).filesUrl).toBe('https://rai.example')
    const S3_URL = 'https://id:se%2Fcret@s3.example/club-files?region=eu-north-1'
    expect(readConfig({ FILES_URL: 'https://files.example', S3_URL })).toMatchObject({
      filesUrl: 'https://files.example',
      s3: { url: 'https://s3.example/club-files', accessKeyId: 'id', secretAccessKey: 'se/cret', region: 'eu-north-1' },
    })
    for (const wrong of [
      'https://s3.example/club',
      'https://id:secret@s3.example/',
      's3://id:secret@club',
      'https://id:100%@s3.example/club',
    ])
      expect(() => readConfig({ S3_URL: wrong })).toThrow('S3_URL must be like')
  })

  it('takes the database owner from RAI_MIGRATE_URL, else from DATABASE_URL', () => {
    expect(readConfig(external).database).toEqual({ url: external.DATABASE_URL, migrateUrl: external.DATABASE_URL })
    const migrateUrl = 'postgresql://owner@db/rai'
    expect(readConfig({ ...external, RAI_MIGRATE_URL: migrateUrl }).database?.migrateUrl).toBe(migrateUrl)
    expect(readConfig(external).secretKey).toEqual(Buffer.alloc(32, 7))
  })

  it('follows the port in the public URL, which loses its last slash', () => {
    expect(readConfig({ PORT: '3333' }).publicUrl).toBe('http://127.0.0.1:3333')
    expect(readConfig({ PUBLIC_URL: 'https://rai.example/' }).publicUrl).toBe('https://rai.example')
  })

  it('takes what may be called as a list of addresses with ports', () => {
    expect(readConfig({ RAI_CALLS_ALLOW: '10.0.0.5:8080, [fd00::5]:443' }).callsAllow).toEqual([
      '10.0.0.5:8080',
      '[fd00::5]:443',
    ])
  })

  it('counts an empty variable as absent', () => {
    expect(readConfig({ PORT: '', DATABASE_URL: ' ', RAI_DEMO: '' })).toEqual(readConfig({}))
  })

  it('names everything that is wrong in one message', () => {
    const wrong = {
      PORT: '70000',
      DATABASE_URL: 'postgres://db/without-a-role',
      PUBLIC_URL: 'rai.example',
      RAI_SECRET_KEY: 'short',
      RAI_SECRET_KEY_PREVIOUS: 'short',
      RAI_CALLS_ALLOW: '10.0.0.5:8080, intranet:8080',
      RAI_DEMO: 'yes',
      RAI_DEMO_SITE: 'http://127.0.0.1:4401/page',
      LOG_LEVEL: 'loud',
      RAI_TRUST_PROXY: '2',
      RAI_NOTIFY: 'no',
      REDIS_URL: 'localhost:6379',
    }
    expect(() => readConfig(wrong)).toThrow()
    for (const name of Object.keys(wrong)) expect(() => readConfig(wrong)).toThrow(`- ${name} must be `)
  })

  it('asks for the root key with a database of the operator’s', () => {
    expect(() => readConfig({ DATABASE_URL: external.DATABASE_URL })).toThrow('RAI_SECRET_KEY is required')
    expect(() => readConfig({ RAI_MIGRATE_URL: external.DATABASE_URL })).toThrow('RAI_MIGRATE_URL needs DATABASE_URL')
    expect(() => readConfig({ RAI_SECRET_KEY_PREVIOUS: key })).toThrow('RAI_SECRET_KEY_PREVIOUS needs RAI_SECRET_KEY')
  })
})
