/** The paths of Bedrock's APIs that cost nothing. */

import { freePaths } from '../common/free-paths.js';

/** POST paths of Bedrock's APIs that cost nothing by themselves. */
export const BEDROCK_FREE = freePaths(`
  model/*/count-tokens
  knowledgebases/*/datasources/**
  sessions/
  sessions/**
  flows/*/aliases/*/executions/*/stop
  tags/*
`);
