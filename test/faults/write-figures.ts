// Puts the figures of results/reliability.json and results/fuzz.json into docs/reliability.md.
import { readFileSync } from 'node:fs';
import { replaceFile } from '../../src/files/replace-file.js';
import { figuresOf } from './figures.js';
import { withFigures } from './with-figures.js';

const page = 'docs/reliability.md';
const figures = figuresOf('results/reliability.json', 'results/fuzz.json');
replaceFile(page, withFigures(readFileSync(page, 'utf8'), figures));
