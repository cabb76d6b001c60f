// Which folder of src/ may import which, and who may import a native package: the picture in ARCHITECTURE.md as rules.

/**
 * What a folder may import from, besides itself, `errors`, `files`, and the types of `config`.
 *
 * @type {Record<string, { values?: string[], types?: string[] }>}
 */
const folders = {
  errors: {},
  random: {},
  statistics: {},
  files: {},
  architecture: {},
  graph: {},
  config: { types: [] },
  data: {},
  onnx: { values: ['graph'] },
  autodiff: { values: ['graph'] },
  model: { values: ['graph', 'architecture', 'onnx', 'random'] },
  diffusion: { values: ['random'] },
  hub: {},
  runtime: { values: ['graph', 'onnx'] },
  compression: {
    values: [
      'graph',
      'autodiff',
      'onnx',
      'model',
      'diffusion',
      'runtime',
      'statistics',
      'training',
      'evaluation',
      'latency',
    ],
  },
  export: { values: ['architecture', 'graph', 'onnx', 'model'] },
  search: { values: ['architecture', 'random', 'statistics'] },
  store: { values: ['architecture'], types: ['search', 'statistics'] },
  report: { types: ['store', 'statistics'] },
  ...Object.fromEntries(
    ['training', 'evaluation', 'latency'].map((folder) => [
      folder,
      {
        values: [
          'architecture',
          'graph',
          'onnx',
          'autodiff',
          'model',
          'diffusion',
          'runtime',
          'data',
          'statistics',
        ],
        types: ['search'],
      },
    ]),
  ),
};

/** The only folders that import a package which is native, heavy or has a say over its surroundings. */
const packageHomes = {
  'onnxruntime-node': ['runtime'],
  piscina: ['runtime'],
  'better-sqlite3': ['store'],
  'chart.js': ['report'],
  'chartjs-node-canvas': ['report'],
  canvas: ['report'],
  protobufjs: ['onnx'],
  sharp: ['data', 'report'],
  '@huggingface/tokenizers': ['data'],
  '@huggingface/hub': ['hub'],
  '@fontsource/inter': ['report'],
  'emoji-datasource-twitter': ['data'],
  'emojibase-data': ['data'],
  yaml: ['config'],
  commander: ['cli'],
  'cli-progress': ['cli'],
};

/** @typedef {import('dependency-cruiser').IForbiddenRuleType} Rule */

/** @param {readonly string[]} names */
const inFolders = (names) => `^src/(${names.join('|')})/`;

/** @type {Rule[]} */
const directions = Object.entries(folders).flatMap(([folder, { values = [], types = [] }]) => {
  const everywhere = folder === 'errors' ? [] : ['errors', 'files'];
  const typesOnly = folder === 'errors' ? types : [...types, 'config'];
  return [
    {
      name: `${folder}-imports`,
      comment: `${folder} may import from ${[...values, ...everywhere].join(', ') || 'nothing else'}`,
      severity: 'error',
      from: { path: inFolders([folder]) },
      to: { path: '^src/', pathNot: inFolders([folder, ...everywhere, ...values, ...typesOnly]) },
    },
    {
      name: `${folder}-imports-types`,
      comment: `${folder} may import only types from ${typesOnly.join(', ')}`,
      severity: 'error',
      from: { path: inFolders([folder]) },
      to: {
        path: typesOnly.length === 0 ? '^$' : inFolders(typesOnly),
        pathNot: inFolders([folder, ...values]),
        dependencyTypesNot: ['type-only'],
      },
    },
  ];
});

/** @type {Rule[]} */
const homes = Object.entries(packageHomes).map(([name, owners]) => ({
  name: `${name}-home`,
  comment: `only src/${owners.join(' and src/')} may import ${name}`,
  severity: 'error',
  from: { path: '^src/', pathNot: inFolders(owners) },
  to: { path: `(^|/)node_modules/(@types/)?${name.replaceAll('.', '\\.')}/` },
}));

/**
 * Node's ways to other programs and machines, and the only folders that have them: probes of devices run in processes of their own, models are
 * loaded from the hub. Nothing else can start a program or reach the network.
 *
 * @type {Rule[]}
 */
const waysOut = [
  {
    name: 'starts-no-programs',
    severity: 'error',
    from: { path: '^src/', pathNot: inFolders(['runtime']) },
    to: { path: '^(node:)?child_process$' },
  },
  {
    name: 'reaches-no-network',
    severity: 'error',
    from: { path: '^src/' },
    to: { path: '^(node:)?(dgram|dns|http|http2|https|inspector|net|tls)(/|$)' },
  },
  { name: 'compiles-no-code', severity: 'error', from: { path: '^src/' }, to: { path: '^(node:)?vm$' } },
];

/** @type {import('dependency-cruiser').IConfiguration} */
const config = {
  forbidden: [
    ...waysOut,
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      comment: 'imported by nothing and importing nothing',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '[.]d[.]ts$' },
      to: {},
    },
    {
      name: 'no-unlisted-folder',
      comment: 'a new folder of src/ takes its place among the directions above first',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: inFolders([...Object.keys(folders), 'cli']) },
      to: {},
    },
    {
      name: 'nothing-imports-cli',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'terminal-knows-no-command',
      comment: 'how things are shown and read doesn’t depend on what is',
      severity: 'error',
      from: { path: '^src/cli/terminal/' },
      to: { path: '^src/cli/', pathNot: '^src/cli/terminal/' },
    },
    {
      name: 'library-surface-is-for-others',
      comment: 'src/index.ts is what users import; inside, import the file that defines a thing',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^src/index\\.ts$' },
    },
    {
      name: 'product-stands-alone',
      comment: 'src/ imports nothing from tests, benchmarks or scripts',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|scripts|examples)/' },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-dev-dependency-in-product',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg'], dependencyTypesNot: ['type-only'] },
    },
    ...directions,
    ...homes,
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.d.ts', '.json'],
    },
  },
};

export default config;
