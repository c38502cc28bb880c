
+
aConst*
value	BB../*
dtype0
.
bConst*
valueB
Bpasswd*
dtype0

j
StringJoinab
(
tInitializeTableFromTextFileV2hj"Ê