const express = require('express');
const sessions = require('./sessions');
const { events, stream } = require('./events');
const { report } = require('./report');

const app = express();

app.use((req, res, next) => {
  req.session = sessions.touch(req.headers.authorization, req.ip);
  next();
});

app.get('/events', stream);
app.get('/report/:id', report);

app.post('/orders', express.json(), (req, res) => {
  events.emit('order', req.body);
  res.status(201).end();
});

app.listen(3000);
