import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** In the package everything lies beside the compiled code; in a checkout it lies where npm and the build of the console put it. */
const shipped = (inPackage: string, inCheckout: string): string => {
  const path = fileURLToPath(new URL(`../${inPackage}`, import.meta.url));
  return existsSync(path) ? path : fileURLToPath(new URL(`../../${inCheckout}`, import.meta.url));
};

/** The folder of the built console. */
export const consoleDirectory = (): string => shipped('web', 'web/dist');

/** The script that shows the API's description as a page. */
export const referencePath = (): string =>
  shipped('reference.js', 'node_modules/@scalar/api-reference/dist/browser/standalone.js');

/** The folder of the scenarios that come with HugOps; it lies beside the code in both. */
export const scenariosDirectory = (): string => fileURLToPath(new URL('../../scenarios', import.meta.url));
