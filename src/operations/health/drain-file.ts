import { access } from 'node:fs/promises';

/** Whether an operator has taken this replica out of service by putting a file there. @param path none if undefined */
export async function isDisabledByFile(path: string | undefined): Promise<boolean> {
  if (path === undefined) return false;
  return access(path).then(
    () => true,
    () => false,
  );
}
