export { seededRandom } from '../../src/app/replay/seeded-random.ts';
