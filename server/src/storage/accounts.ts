import type { Kysely } from 'kysely'
import type { AccountReads, AccountStore } from '../accounts/account-store.ts'
import { fromPayment, fromSubscription, fromUser, toPayment, toSubscription, toUser } from './account-rows.ts'
import type { Tables } from './tables.ts'

/** Accounts as they are read, on both engines. */
export function accountReads(db: Kysely<Tables>): AccountReads {
  return {
    async subscriptions(workspaceId, ids) {
      if (ids.length === 0) return []
      const query = db.selectFrom('subscriptions').selectAll().where('workspace_id', '=', workspaceId)
      return (await query.where('id', 'in', ids).execute()).map(toSubscription)
    },
    async payments(workspaceId, ids) {
      if (ids.length === 0) return []
      const query = db.selectFrom('payments').selectAll().where('workspace_id', '=', workspaceId)
      return (await query.where('id', 'in', ids).execute()).map(toPayment)
    },
    async users(workspaceId, ids) {
      if (ids.length === 0) return []
      const query = db.selectFrom('users').selectAll().where('workspace_id', '=', workspaceId)
      return (await query.where('id', 'in', ids).execute()).map(toUser)
    },
    async listSubscriptions(workspaceId, { customer, userId, stripeCustomerId, status }, { after, limit }) {
      let query = db.selectFrom('subscriptions').selectAll().where('workspace_id', '=', workspaceId)
      if (customer !== undefined) query = query.where('customer', '=', customer)
      if (userId !== undefined) query = query.where('user_id', '=', userId)
      if (stripeCustomerId !== undefined) query = query.where('stripe_customer_id', '=', stripeCustomerId)
      if (status !== undefined) query = query.where('status', '=', status)
      if (after !== null) query = query.where('key', '<', after)
      return (await query.orderBy('key', 'desc').limit(limit).execute()).map(toSubscription)
    },
    async listPayments(workspaceId, { customer, userId, stripeCustomerId, subscriptionId, status }, { after, limit }) {
      let query = db.selectFrom('payments').selectAll().where('workspace_id', '=', workspaceId)
      if (customer !== undefined) query = query.where('customer', '=', customer)
      if (userId !== undefined) query = query.where('user_id', '=', userId)
      if (stripeCustomerId !== undefined) query = query.where('stripe_customer_id', '=', stripeCustomerId)
      if (subscriptionId !== undefined) query = query.where('subscription_id', '=', subscriptionId)
      if (status !== undefined) query = query.where('status', '=', status)
      if (after !== null) query = query.where('key', '<', after)
      return (await query.orderBy('key', 'desc').limit(limit).execute()).map(toPayment)
    },
    async listUsers(workspaceId, { customer, email, isDeleted }, { after, limit }) {
      let query = db.selectFrom('users').selectAll().where('workspace_id', '=', workspaceId)
      if (customer !== undefined) query = query.where('customer', '=', customer)
      if (email !== undefined) query = query.where('email', '=', email)
      if (isDeleted !== undefined) query = query.where('deleted_at', isDeleted ? 'is not' : 'is', null)
      if (after !== null) query = query.where('key', '<', after)
      return (await query.orderBy('key', 'desc').limit(limit).execute()).map(toUser)
    },
  }
}

/** Accounts inside a transaction, on both engines. */
export function accountStore(db: Kysely<Tables>): AccountStore {
  return {
    ...accountReads(db),
    async sourceKinds(sourceIds) {
      if (sourceIds.length === 0) return new Map()
      const rows = await db.selectFrom('sources').select(['id', 'kind']).where('id', 'in', sourceIds).execute()
      return new Map(rows.map(({ id, kind }) => [id, kind]))
    },
    async keepSubscriptions(rows) {
      if (rows.length === 0) return
      await db
        .insertInto('subscriptions')
        .values(rows.map(fromSubscription))
        .onConflict((conflict) =>
          conflict.columns(['workspace_id', 'key']).doUpdateSet((eb) => ({
            stripe_customer_id: eb.ref('excluded.stripe_customer_id'),
            user_id: eb.ref('excluded.user_id'),
            tier: eb.ref('excluded.tier'),
            price_id: eb.ref('excluded.price_id'),
            status: eb.ref('excluded.status'),
            current_period_start: eb.ref('excluded.current_period_start'),
            current_period_end: eb.ref('excluded.current_period_end'),
            cancel_at_period_end: eb.ref('excluded.cancel_at_period_end'),
            told_at: eb.ref('excluded.told_at'),
            told_event_id: eb.ref('excluded.told_event_id'),
            told_word: eb.ref('excluded.told_word'),
            told_status: eb.ref('excluded.told_status'),
            billed_at: eb.ref('excluded.billed_at'),
            billed_event_id: eb.ref('excluded.billed_event_id'),
            billed_paid: eb.ref('excluded.billed_paid'),
          })),
        )
        .execute()
    },
    async keepPayments(rows) {
      if (rows.length === 0) return
      await db
        .insertInto('payments')
        .values(rows.map(fromPayment))
        .onConflict((conflict) =>
          conflict.columns(['workspace_id', 'key']).doUpdateSet((eb) => ({
            subscription_id: eb.ref('excluded.subscription_id'),
            stripe_customer_id: eb.ref('excluded.stripe_customer_id'),
            user_id: eb.ref('excluded.user_id'),
            payment_id: eb.ref('excluded.payment_id'),
            amount: eb.ref('excluded.amount'),
            currency: eb.ref('excluded.currency'),
            method: eb.ref('excluded.method'),
            status: eb.ref('excluded.status'),
            failure_reason: eb.ref('excluded.failure_reason'),
            told_at: eb.ref('excluded.told_at'),
            told_event_id: eb.ref('excluded.told_event_id'),
          })),
        )
        .execute()
    },
    async keepUsers(rows) {
      if (rows.length === 0) return
      await db
        .insertInto('users')
        .values(rows.map(fromUser))
        .onConflict((conflict) =>
          conflict.columns(['workspace_id', 'key']).doUpdateSet((eb) => ({
            email: eb.ref('excluded.email'),
            name: eb.ref('excluded.name'),
            image_url: eb.ref('excluded.image_url'),
            created_at: eb.ref('excluded.created_at'),
            updated_at: eb.ref('excluded.updated_at'),
            deleted_at: eb.ref('excluded.deleted_at'),
            told_at: eb.ref('excluded.told_at'),
            mark: eb.ref('excluded.mark'),
          })),
        )
        .execute()
    },
  }
}
