/**
 * The answer, or after a time limit in milliseconds an error. What was asked goes on; nobody waits for it.
 *
 * @param onLimit what else to do when the limit has come
 */
export async function within<Answer>(
  limit: number,
  answer: Promise<Answer>,
  onLimit: () => void = () => undefined,
): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      onLimit();
      reject(new Error('no answer in time'));
    }, limit);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
