// `npm run list-errors`: writes docs/errors.md anew from the error codes in src/.
import { writeFileSync } from 'node:fs';
import { errorPage, errorPagePath } from './error-list/error-page.mjs';

writeFileSync(errorPagePath, errorPage());
