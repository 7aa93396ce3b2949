import type { Clock, Span, Spans } from "@millrace/ports"
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags, type Tracer } from "@opentelemetry/api"
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http"
import { resourceFromAttributes } from "@opentelemetry/resources"
import {
  BatchSpanProcessor,
  type IdGenerator,
  RandomIdGenerator,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace"
import { type EditIds, editIds } from "./edit-ids.ts"

export interface OtelSettings {
  readonly service: string
  /** Share of edits that are traced, 0 to 1. */
  readonly ratio: number
  readonly clock: Clock
}

const closePatienceMs = 5_000

/** Steps of edits as OpenTelemetry spans, gathered and sent in batches. */
export class OtelSpans implements Spans {
  readonly enabled: boolean = true
  readonly #ids = new EditIdGenerator()
  readonly #provider: TracerProvider
  readonly #tracer: Tracer
  readonly #clock: Clock
  #closing: Promise<void> | undefined

  constructor({ service, ratio, clock }: OtelSettings) {
    this.#clock = clock
    this.#provider = new TracerProvider({
      resource: resourceFromAttributes({ "service.name": service }),
      idGenerator: this.#ids,
      // By the trace's id alone, not by a parent's flag: that is what makes all processes agree.
      sampler: new TraceIdRatioBasedSampler(ratio),
      spanProcessors: [
        new BatchSpanProcessor({ exporter: new OTLPTraceExporter(), maxQueueSize: 2_048, scheduledDelayMillis: 1_000 }),
      ],
    })
    this.#tracer = this.#provider.getTracer("millrace")
  }

  record({ name, edit, startMs, endMs, isRoot, attributes, error }: Span): void {
    const ids = editIds(edit)
    const context = isRoot === true ? ROOT_CONTEXT : below(ids)
    const span = this.#ids.using(isRoot === true ? ids : undefined, () =>
      this.#tracer.startSpan(
        name,
        {
          kind: SpanKind.INTERNAL,
          startTime: startMs,
          attributes: {
            "millrace.workspace": edit.workspace,
            "millrace.generation": edit.generation,
            "millrace.seq": edit.seq,
            ...attributes,
          },
        },
        context,
      ),
    )
    if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error })
    span.end(Math.max(startMs, endMs))
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      const timer = this.#clock.after(closePatienceMs, resolve)
      const end = (): void => {
        timer.cancel()
        resolve()
      }
      this.#provider.shutdown().then(end, end)
    })
    return this.#closing
  }
}

function below({ traceId, rootSpanId }: EditIds): typeof ROOT_CONTEXT {
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId: rootSpanId,
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
  })
}

/** Random ids, but for the root of an edit, which has its own. */
class EditIdGenerator implements IdGenerator {
  readonly #random = new RandomIdGenerator()
  #root: EditIds | undefined

  using<T>(root: EditIds | undefined, make: () => T): T {
    this.#root = root
    try {
      return make()
    } finally {
      this.#root = undefined
    }
  }

  generateTraceId(): string {
    return this.#root?.traceId ?? this.#random.generateTraceId()
  }

  generateSpanId(): string {
    return this.#root?.rootSpanId ?? this.#random.generateSpanId()
  }
}
