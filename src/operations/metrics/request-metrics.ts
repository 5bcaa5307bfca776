import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram } from 'prom-client';
import { longResponses } from '../../common/http/long-response.js';
import { type ClientError, clientErrors } from '../requests/client-errors.js';
import { Microversion, NEWEST, OLDEST } from '../../nova/microversion/microversion.js';
import type { ObservedRequest } from '../requests/observed-request.js';
import type { RequestWatcher } from '../requests/watch-requests.js';
import { BUCKETS, MetricsRegistry, PREFIX } from './metric-parts.js';

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** What callers can invent without end counts as this. */
const OTHER = 'other';

/** Counts requests. No label has a value that callers choose freely. */
@Injectable()
export class RequestMetrics implements RequestWatcher {
  private readonly requests: Counter;
  private readonly duration: Histogram;
  /** The parts of the metrics for each combination of labels, found by one look-up. */
  private readonly requestsBy = new Map<string, Counter.Internal>();
  private readonly durationBy = new Map<string, Histogram.Internal<string>>();
  private inFlight = 0;
  private streams = 0;

  constructor(registry: MetricsRegistry) {
    const registers = [registry];
    this.requests = new Counter({
      name: `${PREFIX}http_requests_total`,
      help: 'Requests, answered or abandoned by the client (status 499).',
      labelNames: ['route', 'method', 'status', 'microversion', 'view', 'kind'],
      registers,
    });
    this.duration = new Histogram({
      name: `${PREFIX}http_request_duration_seconds`,
      help: 'From the arrival of a request to the last byte of its answer.',
      labelNames: ['route', 'method'],
      buckets: BUCKETS,
      registers,
    });
    const inFlight = (): number => this.inFlight;
    new Gauge({
      name: `${PREFIX}http_requests_in_flight`,
      help: 'Requests in progress, without streams.',
      registers,
      collect() {
        this.set(inFlight());
      },
    });
    const streams = (): number => this.streams;
    new Gauge({
      name: `${PREFIX}http_streams_in_flight`,
      help: 'Streams in progress: responses that last for as long as their clients stay.',
      registers,
      collect() {
        this.set(streams());
      },
    });
  }

  started(): void {
    this.inFlight += 1;
  }

  finished(request: ObservedRequest): void {
    const { route, seconds } = request;
    const method = METHODS.has(request.method) ? request.method : OTHER;
    // How long a client listens says nothing of how fast the service answers.
    if (request.isLong) {
      this.streams -= 1;
      this.count(route, method, request.status, request.microversion ?? '', request.view ?? '', 'stream');
      return;
    }
    this.inFlight -= 1;
    const by = `${method} ${route}`;
    let duration = this.durationBy.get(by);
    if (duration === undefined) {
      duration = this.duration.labels(route, method);
      this.durationBy.set(by, duration);
    }
    duration.observe(seconds);
    this.count(route, method, request.status, request.microversion ?? '', request.view ?? '');
  }

  /** @returns ends it */
  listen(): () => void {
    const refused = ({ status }: ClientError): void => {
      this.count('unmatched', OTHER, status, '', '');
    };
    const streamBegan = (): void => {
      this.inFlight -= 1;
      this.streams += 1;
    };
    clientErrors.subscribe(refused);
    longResponses.subscribe(streamBegan);
    return () => {
      clientErrors.unsubscribe(refused);
      longResponses.unsubscribe(streamBegan);
    };
  }

  private count(
    route: string,
    method: string,
    status: number,
    microversion: string,
    view: string,
    kind = '',
  ): void {
    const by = `${status} ${microversion} ${view} ${kind} ${method} ${route}`;
    let requests = this.requestsBy.get(by);
    if (requests === undefined) {
      requests = this.requests.labels({
        route,
        method,
        status: statusLabel(status),
        microversion: versionLabel(microversion),
        view,
        // A label that is absent is an empty one to Prometheus.
        ...(kind === '' ? {} : { kind }),
      });
      // What callers invent is not remembered.
      if (isBounded(status, microversion)) this.requestsBy.set(by, requests);
    }
    requests.inc();
  }
}

function isBounded(status: number, microversion: string): boolean {
  return statusLabel(status) !== OTHER && versionLabel(microversion) !== OTHER;
}

/** A nova-api behind may answer with any number. */
function statusLabel(status: number): string {
  return status >= 100 && status < 600 ? String(status) : OTHER;
}

/** Empty where none was negotiated. */
function versionLabel(text: string): string {
  if (text === '') return '';
  const version = Microversion.parse(text);
  return version?.atLeast(OLDEST) && NEWEST.atLeast(version) ? text : OTHER;
}
