import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram } from 'prom-client';
import { longResponses } from '../../common/http/long-response.js';
import { type ClientError, clientErrors } from '../requests/client-errors.js';
import {
  Microversion,
  NEWEST_MICROVERSION,
  OLDEST_MICROVERSION,
} from '../../nova/microversion/microversion.js';
import type { ObservedRequest } from '../requests/observed-request.js';
import type { RequestWatcher } from '../requests/watch-requests.js';
import { BUCKETS, MetricsRegistry, PREFIX } from './metric-parts.js';

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/**
 * The value of a label for unknown methods, statuses and microversions. Clients could send any number of them, and each
 * would create a time series.
 */
const OTHER = 'other';

/** Metrics of requests. Clients cannot choose the value of any label, so the number of time series is limited. */
@Injectable()
export class RequestMetrics implements RequestWatcher {
  private readonly requests: Counter;
  private readonly duration: Histogram;
  /** The counter of each combination of labels. It is cached, because prom-client's own lookup is slower. */
  private readonly requestsBy = new Map<string, Counter.Internal>();
  private readonly durationBy = new Map<string, Histogram.Internal<string>>();
  private inFlight = 0;
  private streams = 0;

  constructor(registry: MetricsRegistry) {
    const registers = [registry];
    this.requests = new Counter({
      name: `${PREFIX}http_requests_total`,
      help: 'Finished requests. Status 499: the client closed the connection before the response started.',
      labelNames: ['route', 'method', 'status', 'microversion', 'view', 'kind'],
      registers,
    });
    this.duration = new Histogram({
      name: `${PREFIX}http_request_duration_seconds`,
      help: 'Time from the arrival of a request to the last byte of the response, except for streams.',
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
      help: 'Streams (long responses, such as server-sent events) in progress.',
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
    // The histogram does not include streams, because the duration of a stream depends on its client.
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

  /** Starts to count requests. @returns a function that stops the counting */
  listen(): () => void {
    const rejected = ({ status }: ClientError): void => {
      this.count('unmatched', OTHER, status, '', '');
    };
    const streamStarted = (): void => {
      this.inFlight -= 1;
      this.streams += 1;
    };
    clientErrors.subscribe(rejected);
    longResponses.subscribe(streamStarted);
    return () => {
      clientErrors.unsubscribe(rejected);
      longResponses.unsubscribe(streamStarted);
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
        // An empty label is omitted: for Prometheus, an empty label and an absent one are the same.
        ...(kind === '' ? {} : { kind }),
      });
      // The cache stores only combinations with bounded values, because clients could send any number of other values.
      if (isBounded(status, microversion)) this.requestsBy.set(by, requests);
    }
    requests.inc();
  }
}

function isBounded(status: number, microversion: string): boolean {
  return statusLabel(status) !== OTHER && versionLabel(microversion) !== OTHER;
}

/**
 * Returns the status as a label. A response that the service passes on from nova-api may have an invalid status, which
 * becomes `other`.
 */
function statusLabel(status: number): string {
  return status >= 100 && status < 600 ? String(status) : OTHER;
}

/** Returns the microversion as a label. It is empty if the request has no microversion. */
function versionLabel(text: string): string {
  if (text === '') return '';
  const version = Microversion.parse(text);
  return version?.atLeast(OLDEST_MICROVERSION) && NEWEST_MICROVERSION.atLeast(version) ? text : OTHER;
}
