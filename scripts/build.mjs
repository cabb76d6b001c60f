// `npm run build`: compiles src/ to dist/, whether or not dist/ is current.
import { build } from './set-up/build.mjs';

build();
