/* Sends the newsletter through nodemailer's pool: pool.js JOB.json
 *
 * The job: {host, port, ca, recipients, connections, subject, html, text}.
 * Prints {"seconds", "cpu_s"}. */
'use strict';

const fs = require('fs');
const nodemailer = require('nodemailer');

/* "a {{ b }} c" -> a function of the recipient's fields. */
function compile(template) {
  const parts = template.split(/\{\{ (\w+) \}\}/);
  return (fields) => {
    let out = parts[0];
    for (let i = 1; i < parts.length; i += 2)
      out += fields[parts[i]] + parts[i + 1];
    return out;
  };
}

function fieldsOf(i) {
  return {
    first_name: `Ann${i}`, city: 'Köln', plan: 'pro', points: i % 1000,
    renewal: '1 January 2027',
    unsubscribe_url: `https://news.example.com/u/${i}`,
  };
}

async function main() {
  const job = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
  const subject = compile(job.subject);
  const html = compile(job.html);
  const text = compile(job.text);
  const pool = nodemailer.createTransport({
    pool: true, host: job.host, port: job.port, secure: true,
    maxConnections: job.connections, maxMessages: Infinity,
    auth: {user: 'u', pass: 'p'}, tls: {ca: fs.readFileSync(job.ca)},
  });
  let next = 1;
  const send = async () => {
    while (next <= job.recipients) {
      const i = next++;
      const fields = fieldsOf(i);
      await pool.sendMail({
        from: 'News <news@example.test>', to: `r${i}@example.test`,
        subject: subject(fields), html: html(fields), text: text(fields),
      });
    }
  };
  const start = process.hrtime.bigint();
  await Promise.all(Array.from({length: 2 * job.connections}, send));
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const cpu = process.cpuUsage();
  pool.close();
  console.log(JSON.stringify({seconds, cpu_s: (cpu.user + cpu.system) / 1e6}));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
