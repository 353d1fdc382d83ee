import type { Page } from '../base/page.ts'
import type { Payment, PaymentStatus } from './payment.ts'
import type { Subscription, SubscriptionStatus } from './subscription.ts'
import type { User } from './user.ts'

/** What can be asked of accounts. Lists are newest first, by when a row was first heard of; its `key` is the position. */
export interface AccountReads {
  /** The subscriptions with these ids, of every customer of the workspace. */
  subscriptions(workspaceId: string, ids: readonly string[]): Promise<readonly Subscription[]>
  payments(workspaceId: string, ids: readonly string[]): Promise<readonly Payment[]>
  users(workspaceId: string, ids: readonly string[]): Promise<readonly User[]>
  listSubscriptions(workspaceId: string, filter: SubscriptionFilter, page: Page): Promise<readonly Subscription[]>
  listPayments(workspaceId: string, filter: PaymentFilter, page: Page): Promise<readonly Payment[]>
  listUsers(workspaceId: string, filter: UserFilter, page: Page): Promise<readonly User[]>
}

export interface SubscriptionFilter {
  customer?: string
  userId?: string
  stripeCustomerId?: string
  status?: SubscriptionStatus
}

export interface PaymentFilter {
  customer?: string
  userId?: string
  stripeCustomerId?: string
  subscriptionId?: string
  status?: PaymentStatus
}

export interface UserFilter {
  customer?: string
  email?: string
  isDeleted?: boolean
}

/** Accounts inside a transaction. */
export interface AccountStore extends AccountReads {
  /** The kind of each of these sources that is still there. */
  sourceKinds(sourceIds: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** Keeps rows as they are now, by their key; new ones are added. */
  keepSubscriptions(rows: readonly Subscription[]): Promise<void>
  keepPayments(rows: readonly Payment[]): Promise<void>
  keepUsers(rows: readonly User[]): Promise<void>
}
