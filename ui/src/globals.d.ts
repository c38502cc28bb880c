declare const WORKER_URL: string;
declare module "*.css";
