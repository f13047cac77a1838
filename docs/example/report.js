const { Pool } = require('pg');

const pool = new Pool();
const BY_ID = 'select * from reports where id = $1';

async function report(req, res) {
  const client = await pool.connect();
  const { rows } = await client.query(BY_ID, [req.params.id]);
  client.release();
  res.json(rows);
}

module.exports = { report };
