import { parseArgs } from 'node:util';
import { broken } from './compare.ts';
import { runCrash } from './crash-run.ts';

// `npm run crash -- --kills 200 --seed 1`: the published proof of the first promise.
const { values } = parseArgs({
  options: { kills: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' } },
});
const startedAt = performance.now();
const verdict = await runCrash({
  kills: Number(values.kills),
  seed: Number(values.seed),
  onKill: (done) => void (done % 10 === 0 && process.stderr.write(`${done} kills\n`)),
});
const failures = broken(verdict);
console.log(`SIGKILLs                     ${verdict.kills}
alerts answered with 202     ${verdict.accepted}, lost ${verdict.lostAlerts.length}
resolves answered with 202   ${verdict.resolved}, lost ${verdict.lostResolves.length}
hugs answered with 201       ${verdict.hugs}, lost ${verdict.lostHugs.length}
verdicts shown               ${verdict.verdicts}, lost ${verdict.lostVerdicts.length}
pages sent                   ${verdict.pagesSent}, owed and missing ${verdict.lostPages.length}
duplicates                   ${verdict.duplicates}, not explained by a lost receipt ${verdict.unexplainedDuplicates.length}
requests refused meanwhile   ${verdict.refused}
time                         ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
for (const failure of failures) console.error(failure);
process.exitCode = failures.length === 0 ? 0 : 1;
