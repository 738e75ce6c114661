/** What `--help` says, and what the command line is checked against. Exit codes: 0 done, 1 failed, 2 wrong use or configuration. */
export const commands = {
  serve: {
    summary: 'Run HugOps',
    usage: 'hugops serve',
    details: `Opens the status page at /, the console at /console and the API at /api/v1.
Environment:
  HUGOPS_PORT             the port (4680)
  HUGOPS_URL              the public address, as in https://status.example.com
  HUGOPS_DATA_DIR         where the embedded database and the published page are kept (./data)
  DATABASE_URL            postgres://…, to use a PostgreSQL server instead of the embedded database
  HUGOPS_CONFIG           the configuration file (./hugops.yaml where there is one)
  HUGOPS_SMTP_URL         the mail server, as in smtp://user:password@mail.example.com:587, unless the file names one
  HUGOPS_MAIL_FROM        the sender of mails
  HUGOPS_ADMIN_EMAIL, HUGOPS_ADMIN_PASSWORD
                          the owner of a first start without a browser
  HUGOPS_SECRETS_DIR      the folder of files that checks of the console may refer to; with variables HUGOPS_SECRET_…
                          that is all they may
  HUGOPS_TRUSTED_PROXIES  how many proxies stand in front (0); their X-Forwarded-For is believed
  HUGOPS_ALLOW_PRIVATE_NETWORKS
                          whether checks may reach private addresses (on)
  HUGOPS_NETWORK_REFERENCES
                          hosts by which HugOps tells whether its own network is there, as in 1.1.1.1:443,8.8.8.8:443,
                          or off; network.references of the file goes before it
  HUGOPS_LOG_LEVEL        debug, info, warn, error or silent (info)`,
  },
  probe: {
    summary: 'Run checks from another place, and deliver what they say to your HugOps',
    usage: 'hugops probe --url https://hugops.example.com [--token hgp_…]',
    details: `Calls your HugOps and is never called: it needs no open port. Make its token in the console, under Services.
While it cannot reach your HugOps it goes on, keeps the results in HUGOPS_DATA_DIR, and delivers them later.
Environment:
  HUGOPS_PROBE_TOKEN      the token, so that it is in no list of processes
  HUGOPS_DATA_DIR         where results are kept until they are delivered (./data); one directory for one probe
  HUGOPS_SECRETS_DIR      the folder of files that checks may refer to here; with variables HUGOPS_SECRET_… that is all
  HUGOPS_ALLOW_PRIVATE_NETWORKS, HUGOPS_NETWORK_REFERENCES, HUGOPS_LOG_LEVEL
                          as for hugops serve`,
  },
  'check-config': {
    summary: 'Check the configuration file and say what is wrong with it',
    usage: 'hugops check-config [FILE]',
    details: 'FILE is HUGOPS_CONFIG or ./hugops.yaml when left out. Exits with 1 when the file cannot be used.',
  },
  backup: {
    summary: 'Write the whole database into one file',
    usage: 'hugops backup FILE',
    details: `Works while HugOps runs on PostgreSQL; with the embedded database, stop HugOps first.
The file can be restored into either kind of database.`,
  },
  restore: {
    summary: 'Bring a backup back into an empty database',
    usage: 'hugops restore FILE',
    details: 'The database must be new: HugOps never overwrites data with a backup. All or nothing.',
  },
  replay: {
    summary: 'Play an outage against HugOps in a sandbox, and tell what came of it',
    usage: 'hugops replay [SCENARIO...]',
    details: `SCENARIO is a file, or the name of one that comes with HugOps; 2015-09-20-aws when left out.
Everything happens in a temporary directory, which is removed after it. Ctrl C ends it.
  --list               the names of the scenarios that come with HugOps
  --all                all of them, one after the other
  --speed N            how fast its clock runs (60)
  --seed N             the seed of the crowd (1)
  --kill-every 30m     kill the program by SIGKILL each time so much of the scenario has passed
  --database-url URL   on a database of its own on this PostgreSQL server, which is dropped after it
  --report FILE        where the report is written (replay-NAME.html)
  --table              print one line a scenario
Exits with 1 when something came out otherwise than the scenario expects.`,
  },
} as const;

export type CommandName = keyof typeof commands;

/** Whether this is a command that HugOps knows. */
export const isCommand = (name: string): name is CommandName => Object.hasOwn(commands, name);

/** The help of one command, or the overview of all. */
export function helpText(name?: CommandName): string {
  if (name !== undefined) {
    const { usage, summary, details } = commands[name];
    return `Usage: ${usage}\n\n${summary}.\n\n${details}\n`;
  }
  const lines = Object.entries(commands).map(([key, command]) => `  ${key.padEnd(14)} ${command.summary}`);
  return `HugOps follows an outage from the first failed request to the last thank-you.\n\nUsage: hugops COMMAND\n\n${lines.join('\n')}\n\nhugops COMMAND --help says more.\n`;
}
