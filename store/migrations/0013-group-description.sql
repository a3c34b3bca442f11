-- What a source says of a group beside its name, such as the code by which a school knows it. Empty where it says nothing.
alter table load.group add column description text not null default '';
