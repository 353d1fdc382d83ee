import type { Page } from '../../base/page.ts'
import type { Endpoint, EndpointSettings } from './endpoint.ts'

export interface EndpointReads {
  read(workspaceId: string, id: string): Promise<Endpoint | undefined>
  /** Newest first. */
  list(workspaceId: string, filter: EndpointFilter, page: Page): Promise<readonly Endpoint[]>
}

export interface EndpointFilter {
  customer?: string
}

export type EndpointChanges = Partial<
  EndpointSettings &
    Pick<
      Endpoint,
      'url' | 'description' | 'eventTypes' | 'payload' | 'concurrency' | 'status' | 'statusReason' | 'sealedSecret'
    >
>

/** What a change was checked against: not every secret will do for every way to sign. */
export type SigningState = Pick<Endpoint, 'sealedSecret' | 'signatures'>

/** What fan-out needs to know of an endpoint. */
export type Target = Pick<
  Endpoint,
  'id' | 'workspaceId' | 'customer' | 'eventTypes' | 'afterSeq' | 'resourceTypes' | 'filter' | 'ordering'
>

export interface EndpointStore extends EndpointReads {
  insert(endpoint: Endpoint): Promise<void>
  /**
   * The endpoint as it is now, or undefined when the workspace has none of that id, or when its secret or its signatures are
   * not the expected ones any more.
   */
  update(
    workspaceId: string,
    id: string,
    changes: EndpointChanges,
    now: number,
    expected?: SigningState,
  ): Promise<Endpoint | undefined>
  /** Keeps that the URL was first seen to answer then; does nothing when it has another URL by now, or was seen before. */
  verify(id: string, url: string, now: number): Promise<void>
  /** Marks it deleted; false when the workspace has none of that id. */
  remove(workspaceId: string, id: string, now: number): Promise<boolean>
  /** Endpoints as their lanes' owner needs them, whatever their workspaces, without those that are deleted or whose workspace's deliveries are paused. */
  forDelivery(ids: readonly string[]): Promise<ReadonlyMap<string, Endpoint>>
  /** The customers of these endpoints, deleted ones too; null for nobody's. */
  customersOf(ids: readonly string[]): Promise<ReadonlyMap<string, string | null>>
  /** Another number after every change to the workspace's endpoints: while it stands, `targets` answers the same. */
  targetsVersion(workspaceId: string): Promise<number>
  /** The endpoints of a workspace that take deliveries, active and paused. */
  targets(workspaceId: string): Promise<readonly Target[]>
}
