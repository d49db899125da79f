-- Numbers that many transactions draw at once: a counter row would serialise them.
CREATE SEQUENCE seq_account;
CREATE SEQUENCE seq_contact;
CREATE SEQUENCE seq_seq;
CREATE SEQUENCE seq_fence;
