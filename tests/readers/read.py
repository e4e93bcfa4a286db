"""Reads Seam's tables as other people's programs do, and prints what they find.

    read.py duckdb|polars|spark TABLES < questions     one JSON list in, one JSON list out
    read.py install                                    fetches Spark's Delta reader

A question is {"table": …, "where": {column: value}}; its answer is how many rows fit. Without
"where" every column of every row is read, not only counted. TABLES is the folder with one Delta
table in each subfolder. $SPARK_IVY is where Spark keeps what it fetched.
"""

import json
import os
import sys
from datetime import date
from pathlib import Path

# Delta's reader for the Spark of requirements.txt, without what only its other doors need.
DELTA = "io.delta:delta-spark_4.2_2.13:4.4.0"
NOT_NEEDED = [f"io.delta:delta-kernel-{part}" for part in ("api", "defaults", "unitycatalog")]


def value(column, text):
    return date.fromisoformat(text) if column == "day" else text


class DuckDb:
    def __init__(self):
        import duckdb
        import duckdb_extension_delta

        package = Path(duckdb_extension_delta.__file__).parent
        self.connection = duckdb.connect()
        path = package / "extensions" / f"v{duckdb.__version__}" / "delta.duckdb_extension"
        self.connection.execute(f"LOAD '{path}'")

    def all(self, table):
        scan = "CREATE OR REPLACE TEMP TABLE found AS SELECT * FROM delta_scan('{}')"
        self.connection.execute(scan.format(table.replace("'", "''")))
        return self.connection.execute("SELECT count(*) FROM found").fetchone()[0]

    def fitting(self, table, where):
        fits = " AND ".join(f'"{column}" = ?' for column in where)
        values = [value(*pair) for pair in where.items()]
        statement = f"SELECT count(*) FROM delta_scan(?) WHERE {fits}"
        return self.connection.execute(statement, [table, *values]).fetchone()[0]


class Polars:
    def __init__(self):
        import polars

        self.polars = polars

    def all(self, table):
        return self.polars.scan_delta(table).collect().height

    def fitting(self, table, where):
        fits = [self.polars.col(column) == value(column, text) for column, text in where.items()]
        return self.polars.scan_delta(table).filter(*fits).collect().height


def spark_session(settings):
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.ui.showConsoleProgress", "false")
    for name, setting in settings.items():
        builder = builder.config(name, setting)
    return builder.getOrCreate()


class Spark:
    def __init__(self):
        jars = Path(os.environ["SPARK_IVY"]) / "jars"
        self.session = spark_session(
            {
                "spark.jars": ",".join(str(jar) for jar in jars.glob("io.delta_*.jar")),
                "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
                "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
                "spark.driver.memory": "1g",
                # Small tables: one task instead of fifty, no code to generate, a quick start.
                "spark.databricks.delta.snapshotPartitions": "1",
                "spark.sql.shuffle.partitions": "1",
                "spark.sql.codegen.wholeStage": "false",
                "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
            }
        )

    def frame(self, table):
        return self.session.read.format("delta").load(table)

    def all(self, table):
        return len(self.frame(table).collect())

    def fitting(self, table, where):
        found = self.frame(table)
        for column, text in where.items():
            found = found.filter(found[column] == value(column, text))
        return found.count()


def install():
    settings = {"spark.jars.packages": DELTA, "spark.jars.excludes": ",".join(NOT_NEEDED)}
    spark_session({**settings, "spark.jars.ivy": os.environ["SPARK_IVY"]}).stop()


def main():
    if sys.argv[1] == "install":
        return install()
    reader = {"duckdb": DuckDb, "polars": Polars, "spark": Spark}[sys.argv[1]]()
    answers = []
    for question in json.load(sys.stdin):
        table, where = str(Path(sys.argv[2]) / question["table"]), question.get("where")
        answers.append(reader.fitting(table, where) if where else reader.all(table))
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
