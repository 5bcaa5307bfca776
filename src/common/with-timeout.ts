/**
 * Rejects after a time limit in milliseconds. The operation itself is not cancelled.
 *
 * @param onLimit what else to do when the limit has come
 */
export function withTimeout<Answer>(
  limit: number,
  answer: Promise<Answer>,
  onLimit: () => void = () => undefined,
): Promise<Answer> {
  // Not by `Promise.race` in an async function, which makes twice as many promises: each request comes by here.
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      onLimit();
      reject(new Error('no answer in time'));
    }, limit);
    const clear = (): void => {
      clearTimeout(timer);
    };
    answer.then(clear, clear);
    answer.then(resolve, reject);
  });
}
