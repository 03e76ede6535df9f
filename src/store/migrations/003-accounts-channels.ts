import type { Migration } from 'kysely/migration'

export const accountsChannels: Migration = {
  async up(db) {
    const { schema } = db
    await schema
      .createTable('groups')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('multiplier_ppm', 'bigint', (column) => column.notNull())
      .addColumn('channels', 'text', (column) => column.notNull())
      .addColumn('source', 'text', (column) => column.notNull())
      .execute()
    await schema
      .createTable('accounts')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('name', 'text', (column) => column.notNull().unique())
      .addColumn('group_name', 'text', (column) => column.notNull())
      .addColumn('is_enabled', 'integer', (column) => column.notNull())
      .addColumn('credit_limit', 'bigint')
      .addColumn('limits', 'text', (column) => column.notNull())
      .addColumn('source', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .execute()
    await schema
      .alterTable('keys')
      .addColumn('account', 'text', (column) => column.notNull().defaultTo('acc_default'))
      .execute()
    await schema
      .alterTable('keys')
      .addColumn('scope', 'text', (column) => column.notNull().defaultTo('{}'))
      .execute()
    await schema.alterTable('keys').addColumn('previous_hash', 'text').execute()
    await schema.alterTable('keys').addColumn('previous_until', 'bigint').execute()
    await schema.createIndex('keys_by_account').on('keys').column('account').execute()
    await schema
      .createTable('channels')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('name', 'text', (column) => column.notNull().unique())
      .addColumn('settings', 'text', (column) => column.notNull())
      .addColumn('is_enabled', 'integer', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .execute()
    await schema
      .createTable('credentials')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('channel_id', 'text', (column) => column.notNull().references('channels.id').onDelete('cascade'))
      .addColumn('sealed', 'text', (column) => column.notNull())
      .addColumn('hint', 'text', (column) => column.notNull())
      .addColumn('is_enabled', 'integer', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .execute()
    await schema.createIndex('credentials_by_channel').on('credentials').column('channel_id').execute()
    await schema
      .createTable('prices')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('model', 'text', (column) => column.notNull())
      .addColumn('rates', 'text', (column) => column.notNull())
      .addColumn('valid_from', 'bigint', (column) => column.notNull())
      .addColumn('source', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .execute()
    await schema
      .createTable('audit')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('actor', 'text', (column) => column.notNull())
      .addColumn('action', 'text', (column) => column.notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('change', 'text', (column) => column.notNull())
      .execute()
    await schema
      .createTable('requests')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('account', 'text', (column) => column.notNull())
      .addColumn('key_id', 'text', (column) => column.notNull())
      .addColumn('model', 'text', (column) => column.notNull())
      .addColumn('channel', 'text', (column) => column.notNull())
      .addColumn('outcome', 'text', (column) => column.notNull())
      .addColumn('charged', 'bigint', (column) => column.notNull())
      .addColumn('detail', 'text', (column) => column.notNull())
      .execute()
    await schema.createIndex('requests_by_account').on('requests').columns(['account', 'at', 'id']).execute()
    await schema.createIndex('requests_by_key').on('requests').columns(['key_id', 'at', 'id']).execute()
    await schema.createIndex('requests_by_time').on('requests').columns(['at', 'id']).execute()
    // Every process sees by these numbers that another has written.
    await schema
      .createTable('versions')
      .addColumn('noun', 'text', (column) => column.primaryKey())
      .addColumn('version', 'bigint', (column) => column.notNull())
      .execute()
  },
}
