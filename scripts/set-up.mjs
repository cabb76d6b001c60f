// Makes a checkout ready to run: packages installed, TypeScript compiled. Does nothing, quickly, when both are current.
// Runs before `npm start`, `npm test` and `npm run check`, so before node_modules exists: Node's own modules only.
import { build, buildIsCurrent } from './set-up/build.mjs';
import { dependenciesAreCurrent, installDependencies } from './set-up/dependencies.mjs';

if (!dependenciesAreCurrent()) installDependencies();
if (!buildIsCurrent()) build();
