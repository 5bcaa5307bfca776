import type { FastifyInstance } from 'fastify';
import { of } from 'rxjs';
import type { ViewInterceptor } from './view.interceptor.js';

/**
 * Has an interceptor render what handlers return, right before Fastify writes it. That Nest
 * calls it itself was the greatest single cost of a request: `docs/decisions/0016-interceptor.md`.
 */
export function interceptAnswers(fastify: FastifyInstance, interceptor: ViewInterceptor): void {
  fastify.addHook('preSerialization', (request, _reply, result, done) => {
    const { execution } = request.nova;
    if (execution === undefined) {
      done(null, result);
      return;
    }
    let answer: unknown;
    let failure: Error | null = null;
    interceptor.intercept(execution, { handle: () => of(result) }).subscribe({
      next: (rendered) => {
        answer = rendered;
      },
      error: (error: Error) => {
        failure = error;
      },
    });
    done(failure, answer);
  });
}
