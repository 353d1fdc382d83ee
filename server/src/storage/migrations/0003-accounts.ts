import type { Migration } from './migration.ts'

/** Compared byte by byte, as in the first step. */
const text = 'text COLLATE "C"'

/** What came before is not followed: endpoints would be told of what happened months ago as if it were new. */
const beginAtTheEnd = `INSERT INTO followers (name, cursor, owner, generation)
  SELECT 'accounts', coalesce(max(seq), 0), NULL, 0 FROM events`

/**
 * What Stripe's and Clerk's events come to. A provider's id is known once for each customer of a workspace and once for
 * nobody in particular: what comes through one customer's source cannot touch another's rows.
 */
export const accounts: Migration = {
  name: '0003-accounts',
  sqlite: [
    // state: subscriptions at Stripe, written by the follower "accounts", which tells each change as an event
    `CREATE TABLE subscriptions (
       workspace_id TEXT NOT NULL, key TEXT NOT NULL, customer TEXT, id TEXT NOT NULL, stripe_customer_id TEXT, user_id TEXT,
       tier TEXT, price_id TEXT, status TEXT NOT NULL, current_period_start INTEGER, current_period_end INTEGER,
       cancel_at_period_end INTEGER NOT NULL, told_at INTEGER, told_event_id TEXT, told_word TEXT, told_status TEXT,
       billed_at INTEGER, billed_event_id TEXT, billed_paid INTEGER, PRIMARY KEY (workspace_id, key)
     ) WITHOUT ROWID`,
    `CREATE UNIQUE INDEX subscriptions_by_id ON subscriptions (workspace_id, id, coalesce(customer, ''), customer IS NULL)`,
    `CREATE INDEX subscriptions_of_user ON subscriptions (workspace_id, user_id, key) WHERE user_id IS NOT NULL`,
    `CREATE INDEX subscriptions_of_payer ON subscriptions (workspace_id, stripe_customer_id, key) WHERE stripe_customer_id IS NOT NULL`,
    `CREATE INDEX subscriptions_of_customer ON subscriptions (workspace_id, customer, key) WHERE customer IS NOT NULL`,
    // state: what became of Stripe's invoices, written by the same follower
    `CREATE TABLE payments (
       workspace_id TEXT NOT NULL, key TEXT NOT NULL, customer TEXT, id TEXT NOT NULL, subscription_id TEXT,
       stripe_customer_id TEXT, user_id TEXT, payment_id TEXT, amount INTEGER NOT NULL, currency TEXT NOT NULL, method TEXT,
       status TEXT NOT NULL, failure_reason TEXT, told_at INTEGER NOT NULL, told_event_id TEXT NOT NULL,
       PRIMARY KEY (workspace_id, key)
     ) WITHOUT ROWID`,
    `CREATE UNIQUE INDEX payments_by_id ON payments (workspace_id, id, coalesce(customer, ''), customer IS NULL)`,
    `CREATE INDEX payments_of_subscription ON payments (workspace_id, subscription_id, key) WHERE subscription_id IS NOT NULL`,
    `CREATE INDEX payments_of_user ON payments (workspace_id, user_id, key) WHERE user_id IS NOT NULL`,
    `CREATE INDEX payments_of_payer ON payments (workspace_id, stripe_customer_id, key) WHERE stripe_customer_id IS NOT NULL`,
    `CREATE INDEX payments_of_customer ON payments (workspace_id, customer, key) WHERE customer IS NOT NULL`,
    // state: users at Clerk, written by the same follower; of a deleted one only the id is left
    `CREATE TABLE users (
       workspace_id TEXT NOT NULL, key TEXT NOT NULL, customer TEXT, id TEXT NOT NULL, email TEXT, name TEXT, image_url TEXT,
       created_at INTEGER, updated_at INTEGER NOT NULL, deleted_at INTEGER, told_at INTEGER NOT NULL, mark TEXT NOT NULL,
       PRIMARY KEY (workspace_id, key)
     ) WITHOUT ROWID`,
    `CREATE UNIQUE INDEX users_by_id ON users (workspace_id, id, coalesce(customer, ''), customer IS NULL)`,
    `CREATE INDEX users_by_email ON users (workspace_id, email, key) WHERE email IS NOT NULL`,
    `CREATE INDEX users_of_customer ON users (workspace_id, customer, key) WHERE customer IS NOT NULL`,
    beginAtTheEnd,
  ],
  postgres: [
    // state: subscriptions at Stripe, written by the follower "accounts", which tells each change as an event
    `CREATE TABLE subscriptions (
       workspace_id ${text} NOT NULL, key ${text} NOT NULL, customer ${text}, id ${text} NOT NULL, stripe_customer_id ${text},
       user_id ${text}, tier ${text}, price_id ${text}, status ${text} NOT NULL, current_period_start bigint,
       current_period_end bigint, cancel_at_period_end smallint NOT NULL, told_at bigint, told_event_id ${text},
       told_word ${text}, told_status ${text}, billed_at bigint, billed_event_id ${text}, billed_paid smallint,
       PRIMARY KEY (workspace_id, key), UNIQUE NULLS NOT DISTINCT (workspace_id, id, customer))`,
    `CREATE INDEX subscriptions_of_user ON subscriptions (workspace_id, user_id, key) WHERE user_id IS NOT NULL`,
    `CREATE INDEX subscriptions_of_payer ON subscriptions (workspace_id, stripe_customer_id, key) WHERE stripe_customer_id IS NOT NULL`,
    `CREATE INDEX subscriptions_of_customer ON subscriptions (workspace_id, customer, key) WHERE customer IS NOT NULL`,
    // state: what became of Stripe's invoices, written by the same follower
    `CREATE TABLE payments (
       workspace_id ${text} NOT NULL, key ${text} NOT NULL, customer ${text}, id ${text} NOT NULL, subscription_id ${text},
       stripe_customer_id ${text}, user_id ${text}, payment_id ${text}, amount bigint NOT NULL, currency ${text} NOT NULL,
       method ${text}, status ${text} NOT NULL, failure_reason ${text}, told_at bigint NOT NULL,
       told_event_id ${text} NOT NULL,
       PRIMARY KEY (workspace_id, key), UNIQUE NULLS NOT DISTINCT (workspace_id, id, customer))`,
    `CREATE INDEX payments_of_subscription ON payments (workspace_id, subscription_id, key) WHERE subscription_id IS NOT NULL`,
    `CREATE INDEX payments_of_user ON payments (workspace_id, user_id, key) WHERE user_id IS NOT NULL`,
    `CREATE INDEX payments_of_payer ON payments (workspace_id, stripe_customer_id, key) WHERE stripe_customer_id IS NOT NULL`,
    `CREATE INDEX payments_of_customer ON payments (workspace_id, customer, key) WHERE customer IS NOT NULL`,
    // state: users at Clerk, written by the same follower; of a deleted one only the id is left
    `CREATE TABLE users (
       workspace_id ${text} NOT NULL, key ${text} NOT NULL, customer ${text}, id ${text} NOT NULL, email ${text}, name ${text},
       image_url ${text}, created_at bigint, updated_at bigint NOT NULL, deleted_at bigint, told_at bigint NOT NULL,
       mark ${text} NOT NULL,
       PRIMARY KEY (workspace_id, key), UNIQUE NULLS NOT DISTINCT (workspace_id, id, customer))`,
    `CREATE INDEX users_by_email ON users (workspace_id, email, key) WHERE email IS NOT NULL`,
    `CREATE INDEX users_of_customer ON users (workspace_id, customer, key) WHERE customer IS NOT NULL`,
    beginAtTheEnd,
  ],
}
