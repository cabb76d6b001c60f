// Makes a checkout ready to run: packages installed, TypeScript compiled. Does nothing, quickly, when both are current.
// Runs before `npm start`, `npm test` and `npm run check`, so before node_modules exists: Node's own modules only.
import process from 'node:process';

const oldestNode = '20.19';
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `SnapEvo needs Node ${oldestNode} or newer, and this is Node ${process.versions.node} (${process.execPath}).\n` +
      'Install a newer one from https://nodejs.org and try again.',
  );
  process.exit(1);
}

// Imported only now, so that an old Node gets to say the above first.
const { dependenciesAreCurrent, installDependencies } = await import('./set-up/dependencies.mjs');
const { build, buildIsCurrent } = await import('./set-up/build.mjs');

if (!dependenciesAreCurrent()) installDependencies();
if (!buildIsCurrent()) build();
