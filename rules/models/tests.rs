//! Every sheet is tidy, and every group of rows takes effect. A row and its test are two lines: see [`ENTRIES`] and
//! [`ACQUIRED`].

use super::{SHEETS, catalog, parse};
use crate::engine::{self, Analysed};
use crate::trace::Trace;
use outlive_semantic::catalog::{Catalog, Sheet};
use outlive_semantic::index::{FuncId, NodeId};
use outlive_semantic::model::{Model, Ty};
use outlive_semantic::project::{FileEntry, FileId, Packages, Project, Resolver};
use outlive_semantic::rate::Rate;
use outlive_semantic::summary::Role;
use outlive_semantic::syntax::{self, Language};
use outlive_semantic::tables::Lowered;
use outlive_semantic::tree::Kind;
use std::collections::BTreeSet;

/// A function that somebody outside calls: the path of its file, its code with a call `here(value)` inside the function,
/// how often that runs, and the type of the value (empty: not known).
type Entry = (&'static str, &'static str, Rate, &'static str);

const R: Rate = Rate::Request;
const M: Rate = Rate::Message;
const C: Rate = Rate::Connection;
const J: Rate = Rate::Job;
const E: Rate = Rate::Event;

#[rustfmt::skip]
const ENTRIES: &[Entry] = &[
    // astro
    ("src/pages/api/x.ts", "import 'astro'; export const GET = ctx => here(ctx)", R, "astro.Context"),
    ("src/middleware.ts", "import { defineMiddleware } from 'astro:middleware'; export const onRequest = defineMiddleware(c => here(c))", R, "astro.Context"),
    ("src/actions/index.ts", "import { defineAction } from 'astro:actions'; export const a = defineAction({ handler: i => here(i) })", R, ""),
    ("src/pages/f.json.ts", "import type { APIRoute } from 'astro'; export const x: APIRoute = c => here(c)", R, "astro.Context"),
    // bots
    ("a.js", "const { Client } = require('discord.js'); new Client().on('messageCreate', m => here(m))", M, ""),
    ("a.js", "const { Client } = require('discord.js'); new Client().on('ready', m => here(m))", C, ""),
    ("a.js", "import { Telegraf } from 'telegraf'; const b = new Telegraf(t); b.command('x', c => here(c))", M, ""),
    ("a.js", "import { Bot } from 'grammy'; new Bot(t).on('message', c => here(c))", M, ""),
    ("a.js", "const { App } = require('@slack/bolt'); const a = new App({}); a.event('m', async ({ event }) => here(event))", M, ""),
    ("a.ts", "import { Probot } from 'probot'; export default (app: Probot) => { app.on('x', c => here(c)) }", M, ""),
    // browser, dom
    ("a.js", "window.addEventListener('resize', e => here(e))", E, ""),
    ("a.js", "new ResizeObserver(e => here(e))", E, ""),
    ("a.js", "new WebSocket(u).addEventListener('message', e => here(e))", M, ""),
    // build
    ("a.js", "export default { apply(compiler) { compiler.hooks.done.tap('x', s => here(s)) } }", Rate::Build, ""),
    ("a.ts", "import { PluginBuild } from 'esbuild'; export const p = { setup(b: PluginBuild) { b.onEnd(r => here(r)) } }", Rate::Build, ""),
    // cli
    ("a.js", "import { Command } from 'commander'; new Command().command('x').option('-y').action(o => here(o))", Rate::Once, ""),
    ("a.js", "const { program } = require('commander'); program.action(o => here(o))", Rate::Once, ""),
    ("a.js", "import throng from 'throng'; throng({ worker: start }); function start(id) { here() }", Rate::Once, ""),
    ("a.js", "const yargs = require('yargs'); yargs.command('x', 'y', b => b, a => here(a))", Rate::Once, ""),
    ("a.js", "import { Command } from '@oclif/core'; export default class X extends Command { async run() { here() } }", Rate::Once, ""),
    // desktop
    ("a.js", "import { ipcMain } from 'electron'; ipcMain.handle('x', e => here(e))", M, ""),
    ("a.js", "const { app } = require('electron'); app.on('activate', e => here(e))", E, ""),
    ("a.js", "const { app } = require('electron'); app.on('ready', e => here(e))", Rate::Once, ""),
    ("a.js", "const { app } = require('electron'); app.on('before-quit', e => here(e))", Rate::Stop, ""),
    ("a.ts", "import * as vscode from 'vscode'; vscode.commands.registerCommand('x', () => here())", E, ""),
    ("a.ts", "import * as vscode from 'vscode'; vscode.workspace.onDidChangeTextDocument(e => here(e))", E, ""),
    ("a.ts", "import * as vscode from 'vscode'; export function activate(context) { here() }", Rate::Once, ""),
    ("a.ts", "import * as vscode from 'vscode'; export function deactivate() { here() }", Rate::Stop, ""),
    // emitters
    ("a.js", "import mitt from 'mitt'; mitt().on('x', e => here(e))", E, ""),
    ("a.js", "import E from 'eventemitter3'; new E().on('x', e => here(e))", E, ""),
    // express
    ("a.js", "const app = require('express')(); app.get('/x', (q, s) => here(q))", R, "express.Request"),
    ("a.js", "import express from 'express'; const r = express.Router(); r.route('/x').post((q, s) => here(s))", R, "express.Response"),
    ("a.js", "const app = require('express')(); app.use([(q, s, n) => here(s)])", R, "express.Response"),
    ("a.js", "const app = require('express')(); app.param('id', (q, s) => here(q))", R, "express.Request"),
    ("a.js", "const app = require('express')(); app.ws('/x', (ws, q) => here(ws))", C, "ws.Connection"),
    ("a.js", "const app = require('express')(); app.get('/x', wrap(async q => here(q)))", R, "express.Request"),
    ("a.js", "module.exports = app => { app.get('/x', q => here(q)) }", R, ""),
    ("a.js", "export function handle(req, res, next) { here(req) }", R, "http.IncomingMessage"),
    ("a.js", "export function handle(err, req, res, next) { here(res) }", R, "http.ServerResponse"),
    ("a.ts", "import { RequestHandler } from 'express'; export const h: RequestHandler = (a, b) => { here(a) }", R, "express.Request"),
    ("a.ts", "import { ErrorRequestHandler } from 'express'; export const h: ErrorRequestHandler = (e, a, b, c) => { here(a) }", R, "express.Request"),
    ("a.ts", "import { Request } from 'express'; export function user(q: Request) { here(q) }", R, "express.Request"),
    ("a.js", "const { serve } = require('micro'); serve((q, s) => here(q))", R, "http.IncomingMessage"),
    // fastify
    ("a.js", "const f = require('fastify')(); f.get('/x', async (q, p) => here(p))", R, "fastify.Reply"),
    ("a.js", "const f = require('fastify')(); f.route({ url: '/x', handler(q, p) { here(q) } })", R, "fastify.Request"),
    ("a.js", "const f = require('fastify')(); f.get('/x', { preHandler: (q, p) => here(q) }, h)", R, "fastify.Request"),
    ("a.js", "const f = require('fastify')(); f.addHook('onRequest', (q, p) => here(q))", R, "fastify.Request"),
    ("a.js", "const f = require('fastify')(); f.addHook('onClose', () => here())", Rate::Stop, ""),
    ("a.js", "const f = require('fastify')(); f.register(async g => { g.get('/x', q => here(q)) })", R, "fastify.Request"),
    ("a.js", "import fp from 'fastify-plugin'; export default fp(async g => { g.get('/x', q => here(q)) })", R, "fastify.Request"),
    ("a.ts", "import { FastifyPluginAsync } from 'fastify'; export const p: FastifyPluginAsync = async g => { g.get('/x', q => here(q)) }", R, "fastify.Request"),
    ("a.js", "export async function list(request, reply) { here(reply) }", R, "fastify.Reply"),
    ("a.js", "const f = require('fastify')(); f.setErrorHandler((e, q, p) => here(p))", R, "fastify.Reply"),
    // graphql
    ("a.js", "import { ApolloServer } from '@apollo/server'; new ApolloServer({ plugins: [{ requestDidStart() { here() } }] })", R, ""),
    ("a.js", "import { createYoga } from 'graphql-yoga'; createYoga({ context: c => here(c) })", R, ""),
    ("a.js", "import { useServer } from 'graphql-ws/use/ws'; useServer({ onConnect: c => here(c) }, w)", C, ""),
    ("a.js", "import { GraphQLObjectType } from 'graphql'; new GraphQLObjectType({ fields: { a: { resolve: s => here(s) } } })", R, ""),
    ("a.js", "import { initTRPC } from '@trpc/server'; const t = initTRPC.create(); t.procedure.input(x).query(o => here(o))", R, ""),
    ("a.js", "export const resolvers = { Query: { user: (parent, args, context) => here(context) } }", R, ""),
    ("a.js", "import DataLoader from 'dataloader'; new DataLoader(k => here(k))", R, ""),
    // grpc
    ("a.js", "export function getUser(call, callback) { here(call) }", R, "grpc.Call"),
    ("a.ts", "import { handleUnaryCall } from '@grpc/grpc-js'; export const g: handleUnaryCall<A, B> = (c, d) => { here(c) }", R, "grpc.Call"),
    // h3
    ("server/api/x.ts", "export default defineEventHandler(async e => here(e))", R, "h3.Event"),
    ("server/api/x.ts", "import { eventHandler } from 'h3'; export default eventHandler({ handler: e => here(e) })", R, "h3.Event"),
    ("server/plugins/x.ts", "export default defineNitroPlugin(n => here(n))", Rate::Once, ""),
    ("plugins/x.ts", "export default defineNuxtPlugin(n => here(n))", R, ""),
    ("server/tasks/x.ts", "export default defineTask({ run() { here() } })", J, ""),
    ("server/routes/ws.ts", "export default defineWebSocketHandler({ message(p) { here(p) } })", M, ""),
    // hapi
    ("a.js", "const s = require('@hapi/hapi').server(); s.route({ path: '/', handler: (q, h) => here(q) })", R, "hapi.Request"),
    ("a.js", "const s = require('@hapi/hapi').server(); s.ext('onRequest', (q, t) => here(q))", R, "hapi.Request"),
    ("a.js", "const s = require('@hapi/hapi').server(); s.ext('onPostStop', () => here())", Rate::Stop, ""),
    ("a.js", "export const register = server => { server.route({ path: '/', handler: q => here(q) }) }", R, ""),
    ("a.js", "exports.list = async (request, h) => here(request)", R, "hapi.Request"),
    // headless, clients: no entry points. hono
    ("a.ts", "import { Hono } from 'hono'; const a = new Hono(); a.get('/x', c => here(c))", R, "hono.Context"),
    ("a.ts", "import { Hono } from 'hono'; new Hono().basePath('/v').post('/x', c => here(c))", R, "hono.Context"),
    ("a.ts", "import { createMiddleware } from 'hono/factory'; export const m = createMiddleware(async c => here(c))", R, "hono.Context"),
    ("a.ts", "import type { Context } from 'hono'; export const f = (x: Context) => here(x)", R, "hono.Context"),
    // react, vue, angular, components
    ("a.jsx", "import { useEffect } from 'react'; export function F() { useEffect(() => { here() }) }", Rate::Component, ""),
    ("a.js", "import { onMounted } from 'vue'; export function useF() { onMounted(() => here()) }", Rate::Component, ""),
    ("a.js", "export class F { ngOnInit() { here() } }", Rate::Component, ""),
    ("a.js", "import { onMount } from 'solid-js'; export function F() { onMount(() => here()) }", Rate::Component, ""),
    ("a.js", "import { LitElement } from 'lit'; class F extends LitElement { connectedCallback() { here() } }", Rate::Component, ""),
    ("a.ts", "import { Injectable } from '@angular/core'; @Injectable({ providedIn: 'root' }) class F { constructor() { here() } }", Rate::Once, ""),
    ("a.ts", "import { HostListener } from '@angular/core'; class F { @HostListener('x') f() { here() } }", E, ""),
    // javascript
    ("a.js", "setInterval(() => here(), 9)", J, ""),
    // jobs
    ("a.js", "import { Worker } from 'bullmq'; new Worker('q', async j => here(j))", J, ""),
    ("a.js", "const Queue = require('bull'); new Queue('q').process('n', 2, j => here(j))", J, ""),
    ("a.js", "const A = require('agenda'); new A().define('n', j => here(j))", J, ""),
    ("a.js", "import cron from 'node-cron'; cron.schedule('*', () => here())", J, ""),
    ("a.js", "import { CronJob } from 'cron'; new CronJob('*', () => here())", J, ""),
    ("a.js", "const s = require('node-schedule'); s.scheduleJob('n', '*', () => here())", J, ""),
    ("a.js", "import { Cron } from 'croner'; new Cron('*', () => here())", J, ""),
    // koa
    ("a.js", "const Koa = require('koa'); const a = new Koa(); a.use(async (c, n) => here(c))", R, "koa.Context"),
    ("a.js", "const Router = require('@koa/router'); const r = new Router(); r.get('/x', c => here(c.req))", R, "http.IncomingMessage"),
    ("a.js", "const Koa = require('koa'); new Koa().on('error', (e, c) => here(c))", R, "koa.Context"),
    ("a.js", "module.exports = async (ctx, next) => { here(ctx) }", R, ""),
    ("a.ts", "import { Middleware } from 'koa'; export const m: Middleware = async c => { here(c) }", R, "koa.Context"),
    // messaging
    ("a.js", "import mqtt from 'mqtt'; mqtt.connect(u).on('message', t => here(t))", M, ""),
    ("a.js", "import mqtt from 'mqtt'; mqtt.connect(u).on('connect', t => here(t))", C, ""),
    ("a.js", "import amqp from 'amqplib'; const c = await amqp.connect(u); const h = await c.createChannel(); h.consume('q', m => here(m))", M, ""),
    ("a.js", "import { Kafka } from 'kafkajs'; const c = new Kafka({}).consumer({}); c.run({ eachMessage: async m => here(m) })", M, ""),
    ("a.js", "import { connect } from 'nats'; const n = await connect(); n.subscribe('s', { callback: (e, m) => here(m) })", M, ""),
    ("a.js", "const Redis = require('ioredis'); const s = new Redis(); s.on('message', (c, m) => here(m))", M, ""),
    ("a.js", "import { createClient } from 'redis'; const c = createClient(); c.subscribe('x', m => here(m))", M, ""),
    ("a.js", "import { PubSub } from '@google-cloud/pubsub'; new PubSub().subscription('s').on('message', m => here(m))", M, ""),
    ("a.js", "import { Consumer } from 'sqs-consumer'; Consumer.create({ handleMessage: async m => here(m) })", M, ""),
    ("a.js", "import { ServiceBusClient } from '@azure/service-bus'; new ServiceBusClient(u).createReceiver('q').subscribe({ processMessage: async m => here(m) })", M, ""),
    // nest
    ("a.ts", "import { Controller, Get, Req } from '@nestjs/common'; @Controller() class A { @Get() f(@Req() q) { here(q) } }", R, "express.Request"),
    ("a.ts", "import { SubscribeMessage, ConnectedSocket } from '@nestjs/websockets'; class A { @SubscribeMessage('x') f(@ConnectedSocket() s) { here(s) } }", M, "socketio.Socket"),
    ("a.ts", "import { WebSocketGateway } from '@nestjs/websockets'; @WebSocketGateway() class A { handleConnection(s) { here(s) } }", C, "socketio.Socket"),
    ("a.ts", "import { Injectable, CanActivate } from '@nestjs/common'; @Injectable() class A implements CanActivate { canActivate(c) { here(c) } }", R, "nest.ExecutionContext"),
    ("a.ts", "import { NestInterceptor } from '@nestjs/common'; class A implements NestInterceptor { intercept(c, n) { here(c) } }", R, "nest.ExecutionContext"),
    ("a.ts", "import { NestMiddleware } from '@nestjs/common'; class A implements NestMiddleware { use(q, s, n) { here(s) } }", R, "express.Response"),
    ("a.ts", "import { Cron } from '@nestjs/schedule'; class A { @Cron('*') f() { here() } }", J, ""),
    ("a.ts", "import { OnEvent } from '@nestjs/event-emitter'; class A { @OnEvent('x') f() { here() } }", E, ""),
    ("a.ts", "import { Processor, WorkerHost } from '@nestjs/bullmq'; @Processor('q') class A extends WorkerHost { async process(j) { here() } }", J, ""),
    ("a.ts", "import { MessagePattern } from '@nestjs/microservices'; class A { @MessagePattern('x') f() { here() } }", M, ""),
    ("a.ts", "import { Resolver, Query } from '@nestjs/graphql'; @Resolver() class A { @Query() f() { here() } }", R, ""),
    ("a.ts", "import { Injectable } from '@nestjs/common'; @Injectable() class A { constructor() { here() } }", Rate::Once, ""),
    ("a.ts", "import { Injectable, Scope } from '@nestjs/common'; @Injectable({ scope: Scope.REQUEST }) class A { constructor() { here() } }", R, ""),
    ("a.ts", "import { Injectable } from '@nestjs/common'; @Injectable() class A { onModuleDestroy() { here() } }", Rate::Stop, ""),
    // next
    ("app/x/route.ts", "import { NextRequest } from 'next/server'; export async function GET(q) { here(q) }", R, "next.Request"),
    ("apps/web/app/x/page.tsx", "import 'next'; export default function Page() { here() }", Rate::Render, ""),
    ("src/pages/api/x.js", "import 'next'; export default async function handler(a, b) { here(b) }", R, "next.ApiResponse"),
    ("pages/x.tsx", "import 'next'; export const getServerSideProps = async c => { here(c.req) }", R, "http.IncomingMessage"),
    ("pages/x.tsx", "import 'next'; export const getStaticProps = async () => { here() }", Rate::Build, ""),
    ("middleware.ts", "import 'next/server'; export function middleware(q) { here(q) }", R, "next.Request"),
    ("instrumentation.ts", "import 'next'; export function register() { here() }", Rate::Once, ""),
    ("app/x/page.tsx", "import 'next'; export async function generateMetadata() { here() }", R, ""),
    ("a.ts", "import type { NextApiHandler } from 'next'; export const h: NextApiHandler = async () => { here() }", R, ""),
    // node
    ("a.js", "const http = require('http'); http.createServer((q, s) => here(q.socket))", R, "net.ConnectionSocket"),
    ("a.js", "const net = require('net'); net.createServer(s => here(s))", C, "net.ConnectionSocket"),
    ("a.js", "const http = require('http'); http.createServer().on('upgrade', (q, s) => here(s))", C, "net.ConnectionSocket"),
    ("a.js", "process.on('SIGTERM', () => here())", Rate::Stop, ""),
    ("a.js", "for (const s of signals) process.on(s, () => here())", Rate::Stop, ""),
    ("a.js", "process.on('warning', () => here())", E, ""),
    ("a.js", "const dgram = require('dgram'); dgram.createSocket('udp4').on('message', m => here(m))", M, ""),
    // realtime
    ("a.js", "const { WebSocketServer } = require('ws'); new WebSocketServer({}).on('connection', w => here(w))", C, "ws.Connection"),
    ("a.js", "const WebSocket = require('ws'); const s = new WebSocket.Server({}); s.on('connection', w => { w.on('message', m => here(m)) })", M, ""),
    ("a.js", "const { Server } = require('socket.io'); new Server().of('/x').on('connection', s => here(s))", C, "socketio.Socket"),
    ("a.js", "const io = require('socket.io')(h); io.on('connection', s => { s.on('x', m => here(m)) })", M, ""),
    ("a.js", "const io = require('socket.io')(h); io.use((s, n) => here(s))", C, "socketio.Socket"),
    ("a.js", "module.exports = io => { io.on('connection', s => here(s)) }", C, "Connection"),
    ("a.js", "const sockjs = require('sockjs'); sockjs.createServer().on('connection', c => { c.on('data', d => here(d)) })", M, ""),
    ("a.js", "const u = require('uWebSockets.js'); u.App().ws('/*', { message(w) { here(w) } })", M, ""),
    ("a.js", "import { io } from 'socket.io-client'; const s = io(u); s.on('x', m => here(m))", M, ""),
    // remix
    ("app/routes/x.tsx", "import { json } from '@remix-run/node'; export async function loader({ request }) { here() }", R, ""),
    ("app/entry.server.tsx", "import '@remix-run/node'; export default function handle() { here() }", R, ""),
    ("a.ts", "import type { LoaderFunction } from '@remix-run/node'; export const l: LoaderFunction = async () => { here() }", R, ""),
    // serverless
    ("a.js", "exports.handler = async (event) => { here() }", R, ""),
    ("a.ts", "import { APIGatewayProxyHandler } from 'aws-lambda'; export const x: APIGatewayProxyHandler = async e => { here() }", R, ""),
    ("a.ts", "export default { async fetch(q, env) { here(q) } }", R, "web.Request"),
    ("a.ts", "export default { async scheduled(event, env) { here() } }", J, ""),
    ("a.ts", "import { DurableObject } from 'cloudflare:workers'; export class X extends DurableObject { async fetch(q) { here(q) } }", R, "web.Request"),
    ("a.js", "import { onRequest } from 'firebase-functions/v2/https'; export const f = onRequest((q, s) => here())", R, ""),
    ("a.js", "const functions = require('firebase-functions'); exports.f = functions.firestore.document('x').onCreate(s => here())", E, ""),
    ("a.js", "import { app } from '@azure/functions'; app.http('x', { handler: async q => here() })", R, ""),
    ("a.js", "import { app } from '@azure/functions'; app.timer('x', { handler: async q => here() })", J, ""),
    ("a.js", "const f = require('@google-cloud/functions-framework'); f.http('x', (q, s) => here())", R, ""),
    ("a.js", "addEventListener('fetch', e => here())", R, ""),
    ("api/x.ts", "import { waitUntil } from '@vercel/functions'; export default function f() { here() }", R, ""),
    // subscriptions
    ("a.js", "import { onSnapshot } from 'firebase/firestore'; onSnapshot(q, s => here(s))", E, ""),
    ("a.js", "import { Subject } from 'rxjs'; new Subject().pipe(x()).subscribe(v => here(v))", E, ""),
    ("a.js", "import { reaction } from 'mobx'; reaction(() => a, v => here(v))", E, ""),
    // sveltekit
    ("src/routes/x/+server.ts", "import { json } from '@sveltejs/kit'; export const GET = async e => here(e)", R, "sveltekit.Event"),
    ("src/routes/+page.server.ts", "import '@sveltejs/kit'; export async function load(e) { here(e) }", R, "sveltekit.Event"),
    ("src/hooks.server.ts", "import '@sveltejs/kit'; export const handle = async a => here()", R, ""),
    ("src/hooks.server.ts", "import '@sveltejs/kit'; export const init = async () => here()", Rate::Once, ""),
    // system
    ("a.js", "const c = require('chokidar'); c.watch('x').on('change', p => here(p))", E, ""),
    // tests
    ("a.js", "describe('x', () => { it('y', () => { here() }) })", Rate::Cold, ""),
    ("a.js", "import { test } from 'vitest'; test('y', () => { here() })", Rate::Cold, ""),
    // web
    ("a.ts", "Bun.serve({ fetch(q) { here() } })", R, ""),
    ("a.ts", "Deno.serve(q => here())", R, ""),
];

/// The examples of the page are sheets, or parts of one.
#[test]
fn examples_of_the_page_are_sheets() {
    let page = include_str!("README.md");
    let blocks: Vec<&str> =
        page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(!blocks.is_empty());
    for block in blocks {
        let head = if block.starts_with("library") { "" } else { "library = \"example\"\n" };
        let sheet = parse("README.md", &format!("{head}{block}")).unwrap();
        catalog(&[sheet]).unwrap();
    }
}

#[test]
fn rows_of_a_user_extend_the_shipped_ones() {
    let text = "library = 'our-server'
        [[type]]
        name = 'our.App'
        made_by = ['@our/server.createApp']
        extends = ['express.Router']";
    let catalog = catalog(&[parse("ours.toml", text).unwrap()]).unwrap();
    let code = "import { createApp } from '@our/server'; createApp().get('/x', (q, s) => here(q))";
    let file = lowered("a.js", code);
    let here = marked(&file);
    let model = Model::new(&file, &catalog);
    let ty = file.tree.arg(here, 0).and_then(|arg| model.model_of(model.ty(arg)));
    assert_eq!(ty, catalog.find_type("express.Request"));
}

#[test]
fn mistakes_in_a_sheet_are_named() {
    let error =
        parse("ours.toml", "library = 'x'\n[[call]]\ncallee = ['a']\nretuns = 'b'").unwrap_err().to_string();
    assert!(error.contains("ours.toml") && error.contains("retuns"), "{error}");
    let sheet = parse("ours.toml", "library = 'x'\n[[call]]\ncallee = ['nobody#on']").unwrap();
    let error = catalog(&[sheet]).err().unwrap().to_string();
    assert!(error.contains("`x`") && error.contains("`nobody`"), "{error}");
}

/// Something acquired: the rule, the imports, how it is acquired, and how it is given back. The first is reported, both
/// together are not.
type Acquired = (&'static str, &'static str, &'static str, &'static str);

const RESOURCE: &str = "leaked-resource";
const CLIENT: &str = "per-call-client";
const OBSERVER: &str = "leaked-observer";
const SUBSCRIPTION: &str = "leaked-subscription";
const TIMER: &str = "leaked-timer";

#[rustfmt::skip]
const ACQUIRED: &[Acquired] = &[
    // browser
    (RESOURCE, "", "const u = URL.createObjectURL(x);", "URL.revokeObjectURL(u);"),
    (RESOURCE, "", "const c = new AudioContext();", "await c.close();"),
    (RESOURCE, "", "const c = new RTCPeerConnection();", "c.close();"),
    (RESOURCE, "", "const c = new EventSource(u);", "c.close();"),
    (RESOURCE, "", "const c = new WebSocket(u);", "c.close();"),
    (RESOURCE, "", "const s = await navigator.mediaDevices.getUserMedia({});", "s.getTracks().forEach(t => t.stop());"),
    (OBSERVER, "", "const o = new IntersectionObserver(f);", "o.disconnect();"),
    (OBSERVER, "", "const n = navigator.geolocation.watchPosition(f);", "navigator.geolocation.clearWatch(n);"),
    // build
    (RESOURCE, "import esbuild from 'esbuild';", "const c = await esbuild.context({});", "await c.dispose();"),
    // clients
    (CLIENT, "import https from 'https';", "const a = new https.Agent({ keepAlive: true });", "a.destroy();"),
    (CLIENT, "import { Agent } from 'undici';", "const a = new Agent();", "await a.close();"),
    (CLIENT, "import nodemailer from 'nodemailer';", "const t = nodemailer.createTransport({ pool: true });", "t.close();"),
    (CLIENT, "import ldap from 'ldapjs';", "const c = ldap.createClient({});", "c.unbind();"),
    (CLIENT, "import { createClient } from 'graphql-ws';", "const c = createClient({});", "await c.dispose();"),
    (RESOURCE, "import ReconnectingWebSocket from 'reconnecting-websocket';", "const s = new ReconnectingWebSocket(u);", "s.close();"),
    (RESOURCE, "import { Awareness } from 'y-protocols/awareness'; const d = {};", "const a = new Awareness(d);", "a.destroy();"),
    (RESOURCE, "import { WebsocketProvider } from 'y-websocket'; const d = {};", "const p = new WebsocketProvider(u, 'r', d);", "p.destroy();"),
    (CLIENT, "import { Client } from 'ssh2';", "const c = new Client();", "c.end();"),
    (CLIENT, "import http2 from 'http2';", "const s = http2.connect(u);", "s.close();"),
    (CLIENT, "import { io } from 'socket.io-client';", "const s = io(u);", "s.disconnect();"),
    (CLIENT, "import Piscina from 'piscina';", "const p = new Piscina({});", "await p.destroy();"),
    (RESOURCE, "import { createWorker } from 'tesseract.js';", "const w = await createWorker();", "await w.terminate();"),
    // databases
    (RESOURCE, "import { Pool } from 'pg'; const pool = new Pool();", "const c = await pool.connect();", "c.release();"),
    (RESOURCE, "import { Pool } from 'pg'; const pool = new Pool();", "pool.connect((e, c, done) => { c.query('x'); }); let done;", "pool.connect((e, c, done) => { done(); });"),
    (RESOURCE, "import mysql from 'mysql2/promise'; const pool = mysql.createPool({});", "const c = await pool.getConnection();", "c.release();"),
    (RESOURCE, "import { MongoClient } from 'mongodb'; const m = new MongoClient(u);", "const s = m.startSession();", "await s.endSession();"),
    (RESOURCE, "import knex from 'knex'; const db = knex({});", "const t = await db.transaction();", "await t.commit();"),
    (RESOURCE, "import { Sequelize } from 'sequelize'; const db = new Sequelize(u);", "const t = await db.transaction();", "await t.commit();"),
    (RESOURCE, "import { DataSource } from 'typeorm'; const db = new DataSource({});", "const q = db.createQueryRunner();", "await q.release();"),
    (RESOURCE, "import genericPool from 'generic-pool'; const pool = genericPool.createPool({});", "const c = await pool.acquire();", "await pool.release(c);"),
    (CLIENT, "import { PrismaClient } from '@prisma/client';", "const c = new PrismaClient();", "await c.$disconnect();"),
    (CLIENT, "import { MongoClient } from 'mongodb';", "const c = await MongoClient.connect(u);", "await c.close();"),
    // desktop
    (RESOURCE, "import * as vscode from 'vscode';", "const i = vscode.window.createStatusBarItem();", "i.dispose();"),
    // graphics
    (RESOURCE, "import Chart from 'chart.js/auto';", "const c = new Chart(x, {});", "c.destroy();"),
    (RESOURCE, "import * as echarts from 'echarts';", "const c = echarts.init(x);", "c.dispose();"),
    (RESOURCE, "import L from 'leaflet';", "const m = L.map('x');", "m.remove();"),
    (RESOURCE, "import { EditorView } from '@codemirror/view';", "const v = new EditorView({});", "v.destroy();"),
    // headless
    (RESOURCE, "import puppeteer from 'puppeteer';", "const b = await puppeteer.launch();", "await b.close();"),
    (RESOURCE, "import { chromium } from 'playwright'; const b = await chromium.launch();", "const p = await b.newPage();", "await p.close();"),
    // jobs
    (CLIENT, "import { Queue } from 'bullmq';", "const q = new Queue('x');", "await q.close();"),
    (TIMER, "import cron from 'node-cron';", "const t = cron.schedule('*', f);", "t.destroy();"),
    (TIMER, "import { CronJob } from 'cron';", "const t = new CronJob('*', f);", "t.stop();"),
    (TIMER, "import s from 'node-schedule';", "const t = s.scheduleJob('*', f);", "t.cancel();"),
    // messaging
    (CLIENT, "import amqp from 'amqplib';", "const c = await amqp.connect(u);", "await c.close();"),
    (RESOURCE, "import amqp from 'amqplib'; const c = await amqp.connect(u);", "const h = await c.createChannel();", "await h.close();"),
    (CLIENT, "import { Kafka } from 'kafkajs'; const k = new Kafka({});", "const p = k.producer(); await p.connect();", "await p.disconnect();"),
    (CLIENT, "import mqtt from 'mqtt';", "const c = mqtt.connect(u);", "c.end();"),
    (CLIENT, "import Redis from 'ioredis';", "const c = new Redis();", "await c.quit();"),
    (CLIENT, "import { connect } from 'nats';", "const c = await connect({});", "await c.drain();"),
    // subscriptions
    (SUBSCRIPTION, "import { onSnapshot } from 'firebase/firestore';", "const s = onSnapshot(q, f);", "s();"),
    (SUBSCRIPTION, "import { subscribe } from 'valtio';", "const s = subscribe(x, f);", "s();"),
    // system
    (RESOURCE, "import fs from 'fs';", "const d = fs.openSync('x');", "fs.closeSync(d);"),
    (RESOURCE, "import fs from 'fs';", "const s = fs.createWriteStream('x');", "s.end();"),
    (RESOURCE, "import dgram from 'dgram';", "const s = dgram.createSocket('udp4');", "s.close();"),
    (RESOURCE, "import { open } from 'fs/promises';", "const h = await open('x');", "await h.close();"),
    (RESOURCE, "import { Worker } from 'worker_threads';", "const w = new Worker('x');", "await w.terminate();"),
    (OBSERVER, "import chokidar from 'chokidar';", "const w = chokidar.watch('x');", "await w.close();"),
    (RESOURCE, "import { Mutex } from 'async-mutex'; const m = new Mutex();", "const r = await m.acquire();", "r();"),
    (RESOURCE, "import lockfile from 'proper-lockfile';", "const r = await lockfile.lock('x');", "await r();"),
];

/// A row without a release: the rule, the module around an entry point, the code that is reported inside it, and the
/// code next to it that is not.
type Repeated = (&'static str, &'static str, &'static str, &'static str);

const CACHE: &str = "unbounded-library-cache";
const CONSTRUCTION: &str = "per-call-construction";
const REGISTRATION: &str = "per-call-registration";

#[rustfmt::skip]
const REPEATED: &[Repeated] = &[
    // caches
    (CACHE, "import { LRUCache } from 'lru-cache'; const c = new LRUCache({ ttl: 9 }); const d = new LRUCache({ max: 9 });", "c.set(q.url, 1)", "d.set(q.url, 1)"),
    (CACHE, "import memoize from 'lodash.memoize'; import mem from 'mem'; const c = memoize(x => x); const d = mem(x => x, { maxAge: 9 });", "c(q.url)", "d(q.url)"),
    // construction
    (CONSTRUCTION, "import { z } from 'zod'; const shared = z.object({ a: z.string() });", "s.end(z.object({ a: z.string() }).parse(q.url))", "s.end(shared.parse(q.url))"),
    (CONSTRUCTION, "const shared = new Intl.NumberFormat('de');", "s.end(new Intl.NumberFormat('de').format(q.url.length))", "s.end(shared.format(q.url.length))"),
    // registrations
    (REGISTRATION, "import axios from 'axios';", "axios.interceptors.request.use(c => c)", "axios.create().interceptors.request.use(c => c)"),
    (REGISTRATION, "import mongoose from 'mongoose';", "mongoose.plugin(x => x)", "mongoose.model('x')"),
];

/// What looks like an acquisition and is none.
#[rustfmt::skip]
const NOT_ACQUIRED: &[(&str, &str, &str)] = &[
    (CLIENT, "import https from 'https';", "const a = new https.Agent();"),
    (CLIENT, "import nodemailer from 'nodemailer';", "const t = nodemailer.createTransport({});"),
    (RESOURCE, "import knex from 'knex'; const db = knex({});", "await db.transaction(async t => { await t('x'); });"),
    (RESOURCE, "import mysql from 'mysql'; const pool = mysql.createPool({});", "pool.getConnection((e, c) => { c.query('x', () => c.release()); });"),
    (OBSERVER, "import fs from 'fs';", "fs.watch('x', { signal }, f);"),
    (CLIENT, "import { Kafka } from 'kafkajs';", "const k = new Kafka({}); const p = k.producer();"),
    (RESOURCE, "import { opendir } from 'fs/promises';", "const d = await opendir('x'); for await (const e of d) f(e);"),
    (CLIENT, "import { Pool } from 'pg'; import { Kysely } from 'kysely';", "const p = x.pool ?? new Pool(); f(new Wrapped({ p }));"),
];

fn shipped() -> Catalog {
    catalog(&[]).unwrap()
}

fn lowered(path: &str, code: &str) -> Lowered {
    let name = path.rsplit('/').next().unwrap();
    let parsed = syntax::parse(code, Language::of_path(name).unwrap())
        .unwrap_or_else(|e| panic!("{code}: {}", e.message));
    let mut file = syntax::lower(parsed);
    file.path = path.into();
    file
}

/// What the rules claim about one file.
type Claimed = (FileId, std::sync::Arc<[crate::claim::Claim]>);

fn linked<'c>(path: &str, analysed: Analysed, catalog: &'c Catalog) -> (Project<'c>, Vec<Claimed>) {
    let packages = Packages::default();
    let resolver = Resolver::new(std::path::Path::new("/"), [path].into_iter(), &packages, false);
    let entry = FileEntry { path: path.to_owned(), summary: analysed.summary };
    (Project::link(vec![entry], catalog, &resolver), vec![(FileId(0), analysed.claims)])
}

/// The call `here(…)` of a snippet.
fn marked(file: &Lowered) -> NodeId {
    let is_here = |&node: &NodeId| {
        file.tree.kind(node) == Kind::Call
            && file.tree.callee(node).and_then(|callee| file.global_of(callee)) == Some("here")
    };
    file.tree.ids().find(is_here).unwrap()
}

#[test]
fn entry_points_have_their_rate_and_parameters() {
    let catalog = shipped();
    let mut wrong = Vec::new();
    for &(path, code, rate, ty) in ENTRIES {
        let file = lowered(path, code);
        let here = marked(&file);
        let model = Model::new(&file, &catalog);
        let found = file.tree.arg(here, 0).map_or(Ty::Unknown, |arg| model.ty(arg));
        let name = model.model_of(found).map_or("", |id| catalog.model(id).name.as_str());
        let func: FuncId = file.tree.func(here);
        let analysed = engine::analyse(&file, &catalog, Role::Source, &[], &Trace::default());
        let (project, _) = linked(path, analysed, &catalog);
        let info = project.rate(FileId(0), func);
        if info.rate != Some(rate) || !ty.is_empty() && name != ty {
            wrong.push(format!(
                "{path}: {code}\n    {:?} instead of {rate:?}, `{name}` instead of `{ty}`",
                info.rate
            ));
        }
    }
    assert!(wrong.is_empty(), "{} rows have no effect:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn coverage_counts_what_was_understood() {
    let catalog = shipped();
    let code =
        "import express from 'express'; import path from 'path'; import nobody from '@scope/nobody/deep';
        const app = express(); app.get('/x', (a, b) => help()); function help() {} export function idle() {}
        it('x', () => {}); local.on(() => {});";
    let analysed = engine::analyse(&lowered("a.js", code), &catalog, Role::Source, &[], &Trace::default());
    let (project, _) = linked("a.js", analysed, &catalog);
    let coverage = project.coverage();
    assert_eq!(coverage.entry_points, [("express".to_owned(), 1)].into());
    assert_eq!((coverage.functions, coverage.driven, coverage.callable), (5, 2, 1));
    assert_eq!(coverage.unmodelled, [("@scope/nobody".to_owned(), 1)].into());
    assert_eq!(coverage.modelled, 2);
}

/// Every sheet has a line in a table above: deleting the sheet makes a test fail.
#[test]
fn every_sheet_has_a_test() {
    let catalog = shipped();
    let mut untested: BTreeSet<String> =
        SHEETS.iter().map(|(file, _)| file.trim_end_matches(".toml").to_owned()).collect();
    for &(path, code, ..) in ENTRIES {
        let analysed = engine::analyse(&lowered(path, code), &catalog, Role::Source, &[], &Trace::default());
        let (project, _) = linked(path, analysed, &catalog);
        untested.retain(|library| !project.coverage().entry_points.contains_key(library));
    }
    for &(_, imports, acquire, _) in ACQUIRED {
        let file = lowered("a.js", &format!("{imports} async function work(x, f, u) {{ {acquire} }}"));
        let model = Model::new(&file, &catalog);
        for row in
            file.tree.ids().filter(|&node| file.tree.is_call(node)).flat_map(|node| model.rows(node).to_vec())
        {
            if row.acquires.is_some() {
                untested.remove(catalog.library(row.library));
            }
        }
    }
    for &(_, module, code, _) in REPEATED {
        let file = lowered("a.js", &served(module, code));
        let model = Model::new(&file, &catalog);
        for row in
            file.tree.ids().filter(|&node| file.tree.is_call(node)).flat_map(|node| model.rows(node).to_vec())
        {
            if row.registers || row.cost_ns.is_some() || row.unbounded.is_some() {
                untested.remove(catalog.library(row.library));
            }
        }
    }
    // Its rows are types alone, or nothing that happens in production.
    for library in ["bounded", "plain", "tests"] {
        untested.remove(library);
    }
    assert!(untested.is_empty(), "no test for {untested:?}");
}

/// Code of a request handler.
fn served(module: &str, code: &str) -> String {
    format!("import http from 'http'; {module}\nhttp.createServer((q, s) => {{ {code} }}).listen(8080);")
}

fn reported(rule: &str, imports: &str, code: &str, catalog: &Catalog) -> bool {
    let text = format!("{imports}\nexport async function work(x, f, u) {{ {code} }}");
    is_reported(rule, &text, catalog)
}

fn is_reported(rule: &str, text: &str, catalog: &Catalog) -> bool {
    let file = lowered("a.js", text);
    let rules = [crate::find(rule).unwrap()];
    let analysed = engine::analyse(&file, catalog, Role::Source, &rules, &Trace::default());
    let (project, claims) = linked("a.js", analysed, catalog);
    !engine::settle(&claims, &project, &rules, &Trace::default()).is_empty()
}

#[test]
fn what_is_acquired_is_reported_until_it_is_given_back() {
    let catalog = shipped();
    let mut wrong = Vec::new();
    for &(rule, imports, acquire, release) in ACQUIRED {
        if !reported(rule, imports, acquire, &catalog) {
            wrong.push(format!("{rule} is silent about {acquire}"));
        }
        let both =
            if release.contains("=> { done") { release.to_owned() } else { format!("{acquire} {release}") };
        if reported(rule, imports, &both, &catalog) {
            wrong.push(format!("{rule} speaks in spite of {release}: {both}"));
        }
    }
    for &(rule, imports, code) in NOT_ACQUIRED {
        if reported(rule, imports, code, &catalog) {
            wrong.push(format!("{rule} speaks of {code}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_repeated_is_reported_and_its_neighbour_is_not() {
    let catalog = shipped();
    let mut wrong = Vec::new();
    for &(rule, module, code, neighbour) in REPEATED {
        if !is_reported(rule, &served(module, code), &catalog) {
            wrong.push(format!("{rule} is silent about {code}"));
        }
        if is_reported(rule, &served(module, neighbour), &catalog) {
            wrong.push(format!("{rule} speaks of {neighbour}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The names a row is sorted by, and what it says, section by section.
fn sections(sheet: &Sheet) -> Vec<(&'static str, Vec<String>)> {
    let with_event = |name: Option<&String>, event: &[String]| {
        let event = event.first().map_or("\u{ffff}", String::as_str);
        format!("{}\u{0}{event}", name.map(String::as_str).unwrap_or_default())
    };
    let first = |names: &[String]| names.first().cloned().unwrap_or_default();
    vec![
        ("emitter", sheet.emitters.iter().map(|row| row.name.clone()).collect()),
        ("type", sheet.types.iter().map(|row| row.name.clone()).collect()),
        ("call", sheet.calls.iter().map(|row| with_event(row.callee.first(), &row.event)).collect()),
        ("signature", sheet.signatures.iter().map(|row| first(&row.names)).collect()),
        ("decorator", sheet.decorators.iter().map(|row| first(&row.names)).collect()),
        ("export", sheet.exports.iter().map(|row| first(&row.names)).collect()),
        (
            "hook",
            sheet.hooks.iter().map(|row| format!("{}\u{0}{}", first(&row.of), first(&row.methods))).collect(),
        ),
    ]
}

#[test]
fn rows_are_sorted_within_their_section() {
    assert!(SHEETS.is_sorted_by_key(|(file, _)| *file), "the list of sheets is not sorted");
    for (file, text) in SHEETS {
        for (section, names) in sections(&parse(file, text).unwrap()) {
            let unsorted = names.windows(2).find(|pair| pair[0] > pair[1]);
            assert!(unsorted.is_none(), "{file}: [[{section}]] {unsorted:?} is out of order");
        }
    }
}

#[test]
fn nothing_is_said_twice() {
    let (mut said, mut types, mut libraries) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for (file, text) in SHEETS {
        let sheet = parse(file, text).unwrap();
        assert!(libraries.insert(sheet.library.clone()), "{file}: two sheets are called `{}`", sheet.library);
        for row in &sheet.types {
            assert!(types.insert(row.name.clone()), "{file}: type `{}` is declared twice", row.name);
        }
        for row in &sheet.calls {
            let events = if row.event.is_empty() { vec![String::new()] } else { row.event.clone() };
            let mut claims: Vec<String> =
                row.acquires.iter().map(|row| format!("acquires for {}", row.rule)).collect();
            claims.extend((!row.callbacks.is_empty()).then(|| "runs callbacks".to_owned()));
            for callee in row.callee.iter().flat_map(|callee| outlive_semantic::catalog::expand(callee)) {
                for (event, claim) in
                    events.iter().flat_map(|event| claims.iter().map(move |claim| (event, claim)))
                {
                    let is_new = said.insert((callee.clone(), event.clone(), claim.clone()));
                    assert!(is_new, "{file}: `{callee}` {event} {claim} twice");
                }
            }
        }
    }
}

#[test]
fn rules_of_acquired_things_exist() {
    for (file, text) in SHEETS {
        for row in parse(file, text).unwrap().calls.iter().filter_map(|row| row.acquires.as_ref()) {
            assert!(crate::find(&row.rule).is_some(), "{file}: no rule is called `{}`", row.rule);
            assert!(!row.release.is_empty(), "{file}: {} without a release", row.what);
        }
    }
}

#[test]
fn every_sheet_says_what_it_holds_for() {
    for (file, text) in SHEETS {
        let sheet = parse(file, text).unwrap();
        assert_eq!(format!("{}.toml", sheet.library), *file);
        assert!(text.contains("# Source: "), "{file} does not say who knows this");
        let is_language = matches!(&*sheet.library, "javascript" | "dom");
        assert!(is_language || !sheet.packages.is_empty(), "{file} names no package");
    }
}
