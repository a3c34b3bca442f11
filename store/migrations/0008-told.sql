-- Being told: who is subscribed to which messages, and what became of each message on its way to each of them.

-- Whom to ask about a connection, as mails show it: {"department": {"name", "mail"}, "vendor": {"name", "mail"}}.
alter table connection add column contact jsonb not null default '{}';
-- Subjects of mails: our own, or the literal ones that a customer's mail rules know from an import.
alter table connection add column mail_subjects text not null default 'rollcall' check (mail_subjects in ('rollcall', 'import'));

-- Who wants to be told, as the configuration file says. One who is no longer in the file stays as the name of what was told.
create table subscriber (
  subscriber_id uuid primary key,
  organisation_id uuid not null references organisation,
  -- Null: of every connection of the organisation.
  connection_id uuid references connection,
  channel text not null check (channel in ('mail', 'webhook')),
  -- The mail address, or the URL of the webhook.
  address text not null,
  -- Of subscriptionKinds in roster/mail/kinds.ts.
  kinds text[] not null default '{}',
  language text collate "C" not null check (language in ('en', 'fr', 'sv')),
  -- One mail a day, but for what cannot wait.
  daily boolean not null default false,
  -- An admin of the school: is told of connections in trial too.
  admin boolean not null default false,
  created_at timestamptz not null default clock_timestamp(),
  removed_at timestamptz,
  unique nulls not distinct (organisation_id, connection_id, channel, address)
);

-- What a webhook's requests are signed with, sealed with a key of the organisation.
create table webhook_secret (
  organisation_id uuid not null references organisation,
  url text not null,
  data_key_id uuid not null references data_key,
  sealed bytea not null,
  changed_at timestamptz not null default clock_timestamp(),
  primary key (organisation_id, url)
);

-- One message on its way to one subscriber. An address that is subscribed twice is told once.
create table delivery (
  delivery_id uuid primary key,
  organisation_id uuid not null references organisation,
  message_id uuid not null references message on delete cascade,
  subscriber_id uuid not null references subscriber,
  channel text not null check (channel in ('mail', 'webhook')),
  address text not null,
  -- 'waiting' → 'sent'; 'failed' is tried again at next_try_at; 'given-up' only when a person asks for it.
  state text not null default 'waiting' check (state in ('waiting', 'sent', 'failed', 'given-up')),
  attempts integer not null default 0,
  -- By the database's clock. An attempt sets it before it begins, so that a crash is tried again and two never meet.
  next_try_at timestamptz not null default clock_timestamp(),
  -- Business time before which it is not sent, all of one moment in one mail; null: at once, in a mail of its own.
  digest_at timestamptz,
  -- What went wrong last, in our own words: no secret, nothing of what the other side said.
  last_error text not null default '',
  created_at timestamptz not null default clock_timestamp(),
  sent_at timestamptz,
  unique (message_id, channel, address)
);
create index on delivery (organisation_id, next_try_at) where state in ('waiting', 'failed');

call isolate('subscriber');
call isolate('webhook_secret');
call isolate('delivery');
grant select, insert, update, delete on subscriber, webhook_secret, delivery to rollcall_app;

-- Deliveries across organisations, in ids and states: for the sweep, and to find one by its id.
create view operator.delivery_index as
  select d.organisation_id, m.connection_id, d.delivery_id, d.channel, d.state, d.next_try_at, d.digest_at
    from delivery d join message m using (message_id) where may_see(d.organisation_id);
grant select on operator.delivery_index to rollcall_app;
