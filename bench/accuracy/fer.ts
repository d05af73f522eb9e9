import { loadPretrained, type PretrainedName } from 'fer-models';
import { useWasm } from 'fer-wasm';
import { answer } from './program.js';

const [, , , name, threads] = process.argv;
await useWasm({ threads: Number(threads) });
const classifier = await loadPretrained(name as PretrainedName);
await answer((faces) => classifier.predict(faces));
