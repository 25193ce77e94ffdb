"""Ways in which a journal could be wrong: its commits, its chain, its files and its backups."""

from text_mutant import Mutant

__all__ = ["MUTANTS"]

_UNIT = "tests/unit"
MUTANTS = {
    "answer_before_commit": Mutant(
        file="agent/ledger/writer.py",
        old='        self._connection.execute("COMMIT")\n        return transaction.tip',
        new='        _answer(batch)\n        self._connection.execute("COMMIT")\n'
        "        return transaction.tip",
        caught_by=f"{_UNIT}/test_operations_share_a_commit.py"
        "::test_a_commit_that_fails_answers_nobody",
    ),
    "one_failure_fails_the_batch": Mutant(
        file="agent/ledger/writer.py",
        old="            if len(batch) > 1:\n                for waiting in batch:\n"
        "                    self._commit([waiting])",
        new="            if len(batch) > 1:\n                for waiting in batch:\n"
        "                    self._fail(waiting, error)",
        caught_by=f"{_UNIT}/test_operations_share_a_commit.py"
        "::test_an_unforeseen_error_hurts_nobody",
    ),
    "queue_one_too_long": Mutant(
        file="agent/ledger/writer.py",
        old="        if self._queue.qsize() >= self._longest_queue:",
        new="        if self._queue.qsize() > self._longest_queue:",
        caught_by=f"{_UNIT}/test_operations_share_a_commit.py::test_a_full_queue_says_so_at_once",
    ),
    "projection_outside_the_transaction": Mutant(
        file="agent/ledger/transaction.py",
        old="        projections.apply(self._connection, entry)\n",
        new='        self._connection.execute("COMMIT")\n'
        "        projections.apply(self._connection, entry)\n"
        '        self._connection.execute("BEGIN IMMEDIATE")\n',
        caught_by=f"{_UNIT}/test_an_entry_and_its_meaning_are_one_commit.py"
        "::test_nobody_sees_an_entry_without_its_meaning",
    ),
    "chain_skips_a_field": Mutant(
        file="agent/core/entry.py",
        old='    return hashlib.sha256(b"\\x00" + previous + canonical).digest()',
        new="    import re\n"
        '    canonical = re.sub(rb\'"business_date":"[^"]*",\', b"", canonical)\n'
        '    return hashlib.sha256(b"\\x00" + previous + canonical).digest()',
        caught_by=f"{_UNIT}/test_the_chain_binds_every_entry.py"
        "::test_any_changed_field_changes_the_hash",
    ),
    "entries_can_be_deleted": Mutant(
        file="agent/ledger/sql/schema_2.sql",
        old="WHEN NOT EXISTS (\n    SELECT 1 FROM segments\n",
        new="WHEN EXISTS (\n    SELECT 1 FROM segments\n",
        caught_by=f"{_UNIT}/test_the_journal_only_grows.py"
        "::test_an_entry_can_neither_be_changed_nor_deleted",
    ),
    "missing_unique": Mutant(
        file="agent/ledger/sql/schema_1.sql",
        old="    id        TEXT    NOT NULL UNIQUE,",
        new="    id        TEXT    NOT NULL,",
        caught_by=f"{_UNIT}/test_the_journal_only_grows.py"
        "::test_the_database_itself_refuses_what_cannot_be",
    ),
    "synchronous_off": Mutant(
        file="agent/ledger/connection.py",
        old='    connection.execute("PRAGMA synchronous = FULL")',
        new='    connection.execute("PRAGMA synchronous = NORMAL")',
        caught_by=f"{_UNIT}/test_the_journal_only_grows.py::test_a_commit_waits_for_the_disk",
    ),
    "retry_taken_as_new": Mutant(
        file="agent/till/sales.py",
        old="    known = transaction.sale(sale_id)\n",
        new="    known = transaction.sale('')\n",
        caught_by=f"{_UNIT}/test_sales_are_committed_once.py"
        "::test_the_same_sale_gets_the_same_answer",
    ),
    "backup_keeps_its_epoch": Mutant(
        file="agent/ledger/recovery.py",
        old="    start, epoch = described(source), newest_epoch(places) + 1\n",
        new="    start, epoch = described(source), 1\n",
        caught_by=f"{_UNIT}/test_a_restore_begins_a_new_epoch.py::test_epochs_only_grow",
    ),
    "restored_and_not_frozen": Mutant(
        file="agent/ledger/lives_view.py",
        old='_UNTRUSTED = ("restored", "rebuilt")',
        new='_UNTRUSTED = ("rebuilt",)',
        caught_by=f"{_UNIT}/test_a_restore_begins_a_new_epoch.py"
        "::test_a_restored_ledger_is_frozen_until_confirmed",
    ),
    "segment_dropped_before_seal": Mutant(
        file="agent/ledger/sealing.py",
        old="await ledger.write(_knowing(segment))\n        await _unload(ledger, segment)\n",
        new="await _unload(ledger, segment)\n        await ledger.write(_knowing(segment))\n",
        caught_by=f"{_UNIT}/test_old_entries_are_sealed.py"
        "::test_what_head_office_has_and_is_old_is_sealed",
    ),
    "unacknowledged_sealed": Mutant(
        file="agent/ledger/sealing.py",
        old="            and position.place <= last_place\n",
        new="",
        caught_by=f"{_UNIT}/test_old_entries_are_sealed.py::test_what_head_office_has_not_stays",
    ),
    "witness_ignored": Mutant(
        file="agent/ledger/checks.py",
        old="    if seen is None:\n        return\n    head = view.head()",
        new="    if seen is None or seen.seq:\n        return\n    head = view.head()",
        caught_by=f"{_UNIT}/test_a_damaged_ledger_is_made_anew.py::test_an_older_copy_is_noticed",
    ),
    "backup_sums_not_looked_at": Mutant(
        file="agent/ledger/sources.py",
        old="        sound = [backup for backup in known if is_sound(ring, backup)]",
        new="        sound = known",
        caught_by=f"{_UNIT}/test_a_damaged_ledger_is_made_anew.py"
        "::test_a_damaged_backup_is_passed_over",
    ),
    "hourly_without_tail": Mutant(
        file="agent/ledger/sql/queries.sql",
        old="WHERE (epoch, seq) > (?, ?) ORDER BY epoch, seq;",
        new="WHERE (epoch, seq) > (?, ?) ORDER BY epoch DESC, seq DESC LIMIT 1;",
        caught_by=f"{_UNIT}/test_backups_stand_in_a_ring.py"
        "::test_an_hourly_backup_is_projections_and_tail",
    ),
    "unacknowledged_dropped": Mutant(
        file="agent/ledger/budget.py",
        old="(segments[0].epoch, segments[0].last_seq) >= acknowledged",
        new="(segments[0].epoch, segments[0].last_seq) < (0, 0)",
        caught_by=f"{_UNIT}/test_the_disk_budget_is_held.py"
        "::test_unacknowledged_entries_are_never_dropped",
    ),
}
