"""Reads topics to their end with another client than the one that wrote them (kafka-python).

read.py BROKERS TOPIC     prints a JSON object a message: partition, key, headers, timestamp, value
read.py --rights BROKERS USER TOPIC OPERATION     allows an operation on a topic
"""

import json
import sys

from kafka import KafkaConsumer, TopicPartition
from kafka.admin import ACL, ACLOperation, ACLPermissionType, KafkaAdminClient, ResourcePattern, ResourceType


def read(brokers, topic):
    consumer = KafkaConsumer(bootstrap_servers=brokers, auto_offset_reset="earliest", enable_auto_commit=False)
    places = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic))]
    ends = consumer.end_offsets(places)
    consumer.assign(places)
    consumer.seek_to_beginning(*places)
    while any(consumer.position(place) < ends[place] for place in places):
        for messages in consumer.poll(timeout_ms=1000, max_records=5000).values():
            for message in messages:
                print(json.dumps({
                    "partition": message.partition,
                    "key": message.key.decode() if message.key else None,
                    "headers": {key: value.decode() for key, value in message.headers},
                    "timestamp": message.timestamp,
                    "value": message.value.decode("latin-1"),
                }))


def allow(brokers, user, topic, operation):
    rule = ACL(
        principal=f"User:{user}",
        host="*",
        operation=ACLOperation[operation],
        permission_type=ACLPermissionType.ALLOW,
        resource_pattern=ResourcePattern(ResourceType.TOPIC, topic),
    )
    KafkaAdminClient(bootstrap_servers=brokers).create_acls([rule])


if sys.argv[1] == "--rights":
    allow(*sys.argv[2:])
else:
    read(*sys.argv[1:])
