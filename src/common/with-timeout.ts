/**
 * Returns the result of an operation, or rejects if the operation takes too long. Does not cancel the operation.
 *
 * @param timeout the maximum time of the operation, in milliseconds
 * @param onTimeout a function that is called before the promise rejects because of the timeout
 */
export function withTimeout<Result>(
  timeout: number,
  operation: Promise<Result>,
  onTimeout: () => void = () => undefined,
): Promise<Result> {
  // `Promise.race` in an async function would create twice as many promises, and every request runs this code.
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      onTimeout();
      reject(new Error('no response in time'));
    }, timeout);
    const clear = (): void => {
      clearTimeout(timer);
    };
    operation.then(clear, clear);
    operation.then(resolve, reject);
  });
}
