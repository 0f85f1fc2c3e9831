import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * What is to be asked of the seller API or put there. Tasks are rows, stored together with the event that gave them, and are tried
 * until they are done. So they outlive a crash of this application and an outage of the API.
 *
 * <p>任务也是数据库的行：失败就重试，进程被杀掉也不会丢。
 */
final class Tasks {
    private static final String INSTANCE = "INSTANCE";
    private static final long MOST_SECONDS = 300;
    private final Database database;
    private final SellerApi api;
    private final Semaphore added = new Semaphore(0);

    Tasks(Database database, SellerApi api) {
        this.database = database;
        this.api = api;
    }

    static void put(Database.Transaction db, String path, Map<String, Object> body, String instance) throws SQLException {
        add(db, path, Json.write(body), "", new Directory.Of("", instance, ""));
    }

    static void read(Database.Transaction db, Directory directory, Directory.Of of) throws SQLException {
        add(db, directory.path(of), "", directory.name(), of);
    }

    static void readInstance(Database.Transaction db, String path, String instance) throws SQLException {
        add(db, path, "", INSTANCE, new Directory.Of("", instance, ""));
    }

    /** A newer task takes the place of an equal older one: what that one reads meanwhile is not stored. */
    private static void add(Database.Transaction db, String path, String body, String directory, Directory.Of of) throws SQLException {
        db.update("DELETE FROM tasks WHERE path = ? AND body = ?", path, body);
        db.update("INSERT INTO tasks VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?)", UUID.randomUUID().toString(), path, body, directory,
                of.tenant(), of.instance(), of.application(), System.currentTimeMillis());
    }

    /** There may be a new one. */
    void wake() {
        added.release();
    }

    /** Does one task after the other, as long as the process runs. */
    void run() {
        while (true) {
            try {
                List<Map<String, Object>> due = database.transaction(
                        db -> db.rows("SELECT * FROM tasks WHERE dueAt <= ? ORDER BY dueAt LIMIT 1", System.currentTimeMillis()));
                if (due.isEmpty()) {
                    added.tryAcquire(1, TimeUnit.SECONDS);
                    added.drainPermits();
                } else {
                    tryOnce(due.get(0));
                }
            } catch (InterruptedException end) {
                return;
            } catch (Exception error) { // Such as a full disk. The task is still there.
                error.printStackTrace();
                if (!pause()) return;
            }
        }
    }

    private static boolean pause() {
        try {
            Thread.sleep(1000);
            return true;
        } catch (InterruptedException end) {
            return false;
        }
    }

    private void tryOnce(Map<String, Object> task) throws SQLException, InterruptedException {
        try {
            carryOut(task);
        } catch (IOException error) {
            boolean isFinal = error instanceof SellerApi.Refused refused && refused.isFinal();
            int tries = ((Number) task.get("tries")).intValue();
            long again = System.currentTimeMillis() + 1000 * Math.min(1L << Math.min(tries, 30), MOST_SECONDS);
            database.transaction(db -> db.update("UPDATE tasks SET tries = tries + 1, dueAt = ? WHERE id = ?",
                    isFinal ? Long.MAX_VALUE : again, task.get("id")));
            Object what = error instanceof SellerApi.Refused ? error.getMessage() : error;
            System.out.println(task.get("path") + ": " + what + (isFinal ? "; given up" : "; tried again"));
        }
    }

    private void carryOut(Map<String, Object> task) throws IOException, SQLException, InterruptedException {
        String path = Json.text(task, "path");
        String what = Json.text(task, "directory");
        Directory.Of of = Directory.Of.members(task);
        if (what.isEmpty()) {
            api.put(path, Json.text(task, "body"));
            database.transaction(db -> isDone(db, task));
        } else if (what.equals(INSTANCE)) {
            Map<String, Object> said = api.get(path);
            database.transaction(db -> {
                if (isDone(db, task)) Bought.keepSaid(db, of.instance(), said);
                return null;
            });
        } else {
            Directory directory = Directory.valueOf(what);
            List<Map<String, Object>> entries = directory.entries(api.pages(path), of);
            database.transaction(db -> {
                if (isDone(db, task)) directory.store(db, of, entries);
                return null;
            });
        }
    }

    /** Takes a task away. It is not there any more if a newer one or a release took its place. */
    private static boolean isDone(Database.Transaction db, Map<String, Object> task) throws SQLException {
        return db.update("DELETE FROM tasks WHERE id = ?", task.get("id")) == 1;
    }
}
