import { type Probe, type ProbedCertificate, type ProbeStep, probeSteps } from '../../egress/probe.ts'
import type { DeliveryCause } from '../delivery/delivery-causes.ts'

/** One part of a check. */
export interface CheckStep {
  step: ProbeStep
  /** `skipped`: it was not come to, or it is not needed: an address has no look-up, plain http no TLS. */
  status: 'ok' | 'failed' | 'skipped'
  /** How long it took; null for what takes no time, and where it did not end. */
  ms: number | null
  cause: DeliveryCause | null
  detail: string | null
}

export interface CheckWarning {
  code: 'CERTIFICATE_EXPIRES_SOON' | 'REDIRECT'
  message: string
}

/** Whether an endpoint can be delivered to, as it was found just now. */
export interface EndpointCheck {
  /** `refused`: the server may not call it, whatever the receiver does. */
  verdict: 'ok' | 'warning' | 'failed' | 'refused'
  steps: readonly CheckStep[]
  /** Of the receiver, also of one that failed for it. `daysLeft` is negative when it has expired. */
  certificate: (ProbedCertificate & { daysLeft: number }) | null
  /** What it answered to HEAD. Any status will do: many receivers know POST only. */
  status: number | null
  warnings: readonly CheckWarning[]
}

const dayMs = 86_400_000

/** A certificate that lives shorter is warned of. Those who renew by machine do it 30 days before. */
const daysWarned = 14

/** What a probe means at a time in milliseconds. */
export function verdictOf(probe: Probe, now: number): EndpointCheck {
  const { outcome, failedAt } = probe
  const certificate = probe.certificate && {
    ...probe.certificate,
    daysLeft: Math.floor((probe.certificate.expiresAt - now) / dayMs),
  }
  const status = outcome.kind === 'answered' ? outcome.status : null
  const warnings = failedAt === null ? warningsOf(certificate, status) : []
  return {
    verdict:
      failedAt === null
        ? warnings.length > 0
          ? 'warning'
          : 'ok'
        : failedAt === 'url' || failedAt === 'address'
          ? 'refused'
          : 'failed',
    steps: probeSteps.map((step) => ({ ...stepOf(step, probe), ...whyOf(step, probe) })),
    certificate,
    status,
    warnings,
  }
}

/** Why the URL may not be called at all; undefined when it may, or could not be reached to tell. */
export function refusalOf({ verdict, steps }: EndpointCheck): string | undefined {
  return verdict === 'refused' ? (steps.find(({ status }) => status === 'failed')?.detail ?? undefined) : undefined
}

function stepOf(step: ProbeStep, { failedAt, timing }: Probe): Pick<CheckStep, 'step' | 'status' | 'ms'> {
  const ms = { ...untimed, dns: timing.dnsMs, connect: timing.connectMs, tls: timing.tlsMs, answer: timing.firstByteMs }
  if (step === failedAt) return { step, status: 'failed', ms: null }
  const isDone =
    step === 'url' || (step === 'address' ? timing.connectMs !== null || failedAt === 'connect' : ms[step] !== null)
  return { step, status: isDone ? 'ok' : 'skipped', ms: ms[step] }
}

const untimed = { url: null, address: null }

function whyOf(step: ProbeStep, { outcome, failedAt }: Probe): Pick<CheckStep, 'cause' | 'detail'> {
  return step === failedAt && outcome.kind === 'failed'
    ? { cause: outcome.cause, detail: outcome.detail }
    : { cause: null, detail: null }
}

function warningsOf(certificate: EndpointCheck['certificate'], status: number | null): CheckWarning[] {
  const warnings: CheckWarning[] = []
  if (certificate && certificate.daysLeft < daysWarned) {
    const message = `the certificate has ${certificate.daysLeft} days left; renew it`
    warnings.push({ code: 'CERTIFICATE_EXPIRES_SOON', message })
  }
  if (status !== null && status >= 300 && status < 400) {
    const message = `it answered ${status} to HEAD; redirects are never followed, so enter the final URL if deliveries get one too`
    warnings.push({ code: 'REDIRECT', message })
  }
  return warnings
}
