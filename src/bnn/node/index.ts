/** binarynet/bnn/node: what training needs of Node.js: files, data sets, a terminal. */

export { type DataSetOptions, readCifar10, readMnist, type TrainingData } from './data-sets.ts';
export { fileCheckpoint } from './file-checkpoint.ts';
export { writeModelFolder } from './model-folder.ts';
export { type RunFacts, writeTrainingLog } from './training-log.ts';
export { type TrainingProgress, trainingProgress } from './training-progress.ts';
