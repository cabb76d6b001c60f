import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { wronglyCompressed } from '../data/png-chunks.js';
import { faultProject, resumeIn, searchInto } from './fault-project.js';

const project = faultProject();

it('a picture that only decoding finds damaged is named, and the search goes on with a whole one', async () => {
  const picture = project.path('pictures', '0.png');
  const whole = readFileSync(picture);
  writeFileSync(picture, wronglyCompressed(whole));
  const { status, notes } = await project.run(searchInto('damaged'));
  expect(status).toBe(2);
  expect(notes).toMatch(/error DATA_UNREADABLE: can't be read as a picture/);
  expect(notes).toContain(`where: ${picture}`);
  expect(project.failuresIn('damaged')).toEqual(['DATA_UNREADABLE']);
  expect(project.searchIn('damaged')).toMatchObject({ status: 'failed' });

  writeFileSync(picture, whole);
  const asked = await project.run(resumeIn('damaged'));
  expect(asked.status).toBe(2);
  expect(asked.notes).toMatch(/error RUN_WORLD_CHANGED: pictures: [^]*--force/);
  const resumed = await project.run([...resumeIn('damaged'), '--force']);
  expect(resumed.status, resumed.notes).toBe(0);
  expect(project.searchIn('damaged')).toMatchObject({ status: 'finished' });
});
